// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title HostileToken
/// @notice For tests only: during every transfer it makes one prepared call, as tokens with hooks let recipients do,
/// and its issuer takes balances away.
contract HostileToken is ERC20 {
    /// @notice Whether the latest prepared call went through.
    bool public succeeded;

    /// @notice What the latest prepared call returned or reverted with.
    bytes public answer;

    address private _target;
    bytes private _call;

    constructor() ERC20("Hostile", "HOST") {}

    /// @notice Mints without asking.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice Burns what others hold, as issuers that seize, rebase or charge do.
    function seize(address account, uint256 amount) external {
        _burn(account, amount);
    }

    /// @notice Prepares the call that the next transfers make before balances move.
    function prepare(address target, bytes calldata data) external {
        _target = target;
        _call = data;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_target != address(0)) (succeeded, answer) = _target.call(_call);
        super._update(from, to, value);
    }
}
