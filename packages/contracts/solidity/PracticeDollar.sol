// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IPracticeDollar} from "./IPracticeDollar.sol";

/// @title PracticeDollar
/// @notice Practice money for the embedded chain: an ERC-20 with EIP-3009 transfers and nothing behind it.
contract PracticeDollar is ERC3009, IPracticeDollar {
    /* IMMUTABLES */

    /// @inheritdoc IPracticeDollar
    address public immutable OWNER;

    /* CONSTRUCTOR */

    /// @param owner The only account that mints.
    /// @param chainId Id of the embedded chain; any other chain is refused.
    constructor(
        address owner,
        uint256 chainId
    ) ERC20("Practice Dollar", "PUSD") EIP712("Practice Dollar", "1") {
        if (owner == address(0)) revert ZeroAddress();
        if (block.chainid != chainId) revert WrongChain(chainId, block.chainid);
        OWNER = owner;
    }

    /* OWNER */

    /// @inheritdoc IPracticeDollar
    function mint(address account, uint256 amount) external {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);

        _mint(account, amount);
    }

    /* VIEWS */

    /// @notice As the dollar tokens that it stands for.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
