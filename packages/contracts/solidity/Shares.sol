// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC6372Utils} from "@openzeppelin/contracts/utils/ERC6372Utils.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

import {IShares} from "./IShares.sol";

/// @title Shares
/// @notice ERC20Votes that only the payout pool mints and nobody transfers. Votes count from the first mint on.
contract Shares is ERC20Votes, IShares {
    /* IMMUTABLES */

    /// @inheritdoc IShares
    address public immutable MINTER;

    /* CONSTRUCTOR */

    /// @param name_ Name of token and EIP-712 domain, at most 31 bytes (the library reverts with `StringTooLong`).
    /// @param symbol_ Symbol of the token.
    /// @param minter The payout pool (its address may be known before it is deployed).
    constructor(
        string memory name_,
        string memory symbol_,
        address minter
    ) ERC20(name_, symbol_) EIP712(name_, "1") {
        if (minter == address(0)) revert ZeroAddress();
        MINTER = minter;
    }

    /* MINTER */

    /// @inheritdoc IShares
    function mint(address account, uint256 amount) external {
        if (msg.sender != MINTER) revert NotMinter(msg.sender);

        _mint(account, amount);
    }

    /* VIEWS */

    /// @notice As the money that shares are earned with: one share per unit.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Who votes for `account`: itself unless it chose somebody else.
    /// @dev A default in place of a write at the first mint, which would cost 22,000 gas per member.
    function delegates(address account) public view override returns (address) {
        address chosen = super.delegates(account);
        return chosen == address(0) ? account : chosen;
    }

    /// @notice Votes are counted by Unix time: block numbers mean different things on different chains.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @inheritdoc Votes
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public view override returns (string memory) {
        return ERC6372Utils.timestampClockMode(clock);
    }

    /* INTERNAL */

    /// @dev Delegating to nobody means delegating to oneself, or `delegates` would disagree with the votes counted.
    function _delegate(address account, address delegatee) internal override {
        super._delegate(account, delegatee == address(0) ? account : delegatee);
    }

    /// @dev Every movement of balances passes here; only mints do not revert. Allowances can be given but never used.
    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0)) revert NotTransferable();

        super._update(from, to, value);
    }
}
