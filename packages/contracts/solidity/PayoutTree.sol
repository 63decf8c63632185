// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {IPayoutPool} from "./IPayoutPool.sol";

/// @title PayoutTree
/// @notice The payout tree of docs/spec/contracts.md: a binary tree over `count` leaves in strictly ascending order of
/// memberId, padded with zeros to a power of two, with the count in the root. Positions are bound (no sorted pairs), so
/// that order, doubling and omission of leaves can be proved.
library PayoutTree {
    /// @dev Hashed twice so that a 64-byte inner node can never pass for a leaf; bound to chain, pool and token so that
    /// no row is valid anywhere else.
    function leafHash(IPayoutPool.Claim calldata c, address token) internal view returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    keccak256(
                        abi.encode(
                            block.chainid,
                            address(this),
                            token,
                            c.index,
                            c.memberId,
                            c.payTo,
                            c.money,
                            c.shares
                        )
                    )
                )
            );
    }

    /// @notice Whether `proof` leads from `leaf` at `index` among `count` leaves to `root`.
    function verify(
        bytes32 root,
        bytes32 leaf,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        uint256 depth = proof.length;
        // depth == ceil(log2(count)): the smallest tree that holds all leaves. A shift by 256 or more gives 0.
        bool fits = uint256(1) << depth >= count && (depth == 0 || uint256(1) << (depth - 1) < count);
        if (index >= count || !fits) return false;

        bytes32 node = leaf;
        uint256 position = index;
        for (uint256 level = 0; level < depth; ++level) {
            bytes32 sibling = proof[level];
            node = position & 1 == 0
                ? Hashes.efficientKeccak256(node, sibling)
                : Hashes.efficientKeccak256(sibling, node);
            position >>= 1;
        }
        return Hashes.efficientKeccak256(bytes32(count), node) == root;
    }
}
