// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IShares
/// @notice Ownership shares: votes that are earned and cannot be given away.
interface IShares {
    /* ERRORS */

    /// @notice Thrown when the minter would be the zero address.
    error ZeroAddress();

    /// @notice Thrown when `caller` is not the minter.
    error NotMinter(address caller);

    /// @notice Thrown on any transfer.
    error NotTransferable();

    /* VIEWS */

    /// @notice The only account that mints: the payout pool.
    function MINTER() external view returns (address);

    /* FUNCTIONS */

    /// @notice Mints `amount` to `account`. Only the minter.
    function mint(address account, uint256 amount) external;
}
