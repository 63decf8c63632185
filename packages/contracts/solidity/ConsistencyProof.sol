// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ConsistencyProof
/// @notice RFC 9162, section 2.1.4.2, with SHA-256 by precompile.
library ConsistencyProof {
    /// @notice Whether `proof` shows that the tree (newSize, newRoot) extends the tree (oldSize, oldRoot).
    /// @dev Requires 0 < oldSize < newSize. Variables as in the RFC: fn, sn, fr, sr.
    function verify(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        uint256 fn = oldSize - 1;
        uint256 sn = newSize - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // A complete old tree is itself the first node of the path, and the proof leaves it out.
        bool complete = oldSize & (oldSize - 1) == 0;
        if (!complete && proof.length == 0) return false;
        bytes32 fr = complete ? oldRoot : proof[0];
        bytes32 sr = fr;

        for (uint256 i = complete ? 0 : 1; i < proof.length; ++i) {
            if (sn == 0) return false;
            bytes32 node = proof[i];
            if (fn & 1 == 1 || fn == sn) {
                fr = hashNode(node, fr);
                sr = hashNode(node, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = hashNode(sr, node);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == oldRoot && sr == newRoot;
    }

    /// @dev sha256(01 || left || right). Assembly because Solidity's sha256 copies its input: 300 gas more per node.
    function hashNode(bytes32 left, bytes32 right) internal view returns (bytes32 node) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 1)
            mstore(add(input, 1), left)
            mstore(add(input, 33), right)
            // The precompile fails only for want of gas.
            if iszero(staticcall(gas(), 0x02, input, 65, 0x00, 0x20)) {
                revert(0, 0)
            }
            node := mload(0x00)
        }
    }
}
