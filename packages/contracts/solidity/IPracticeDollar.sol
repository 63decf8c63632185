// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IPracticeDollar
/// @notice What practice money adds to ERC-20 and EIP-3009.
interface IPracticeDollar {
    /* ERRORS */

    /// @notice Thrown when the owner would be the zero address.
    error ZeroAddress();

    /// @notice Thrown when deployed on another chain than the one meant.
    error WrongChain(uint256 expected, uint256 actual);

    /// @notice Thrown when `caller` is not the owner.
    error NotOwner(address caller);

    /* VIEWS */

    /// @notice The only account that mints.
    function OWNER() external view returns (address);

    /* FUNCTIONS */

    /// @notice Mints `amount` to `account`. Only the owner.
    /// @dev Warning: unlimited, and rightly so: the token is worth nothing anywhere.
    function mint(address account, uint256 amount) external;
}
