// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {ConsistencyProof} from "./ConsistencyProof.sol";
import {ILogAnchor} from "./ILogAnchor.sol";

/// @title LogAnchor
/// @notice Latest checkpoint of one log, each proved to extend the one before. Not upgradeable.
contract LogAnchor is ILogAnchor {
    using ShortStrings for string;
    using ShortStrings for ShortString;

    /* TYPES */

    /// @dev Two slots: root; size and blockNumber.
    struct Checkpoint {
        bytes32 logRoot;
        uint64 size;
        uint64 blockNumber;
    }

    /* IMMUTABLES */

    /// @inheritdoc ILogAnchor
    bytes32 public immutable QX;

    /// @inheritdoc ILogAnchor
    bytes32 public immutable QY;

    /// @dev Origins of up to 31 bytes live in the code, longer ones in `_longOrigin`.
    ShortString private immutable _ORIGIN;

    /* STORAGE (auditors prove these slots: docs/spec/contracts.md) */

    /// @dev Slots 0 and 1.
    Checkpoint private _latest;

    /// @dev Slot 2; empty for an origin of up to 31 bytes.
    string private _longOrigin;

    /* CONSTRUCTOR */

    /// @param origin_ First line of the log's checkpoints.
    /// @param qx x-coordinate of the log's P-256 key.
    /// @param qy y-coordinate of the log's P-256 key.
    constructor(string memory origin_, bytes32 qx, bytes32 qy) {
        if (!_isLine(bytes(origin_))) revert InvalidOrigin();
        if (!P256.isValidPublicKey(qx, qy)) revert InvalidKey();
        QX = qx;
        QY = qy;
        _ORIGIN = origin_.toShortStringWithFallback(_longOrigin);
    }

    /* ANYONE */

    /// @inheritdoc ILogAnchor
    function anchor(uint64 size, bytes32 logRoot, bytes32[] calldata proof, bytes32 r, bytes32 s) external {
        Checkpoint memory last = _latest;
        if (size <= last.size) _refuse(last, size, logRoot);
        if (!P256.verifyNative(sha256(checkpointText(size, logRoot)), r, s, QX, QY)) revert InvalidSignature();
        bool consistent = last.size == 0
            ? proof.length == 0
            : ConsistencyProof.verify(last.size, last.logRoot, size, logRoot, proof);
        if (!consistent) revert InconsistentLog(last.size, size);

        _latest = Checkpoint({logRoot: logRoot, size: size, blockNumber: uint64(block.number)});

        emit Anchored(size, logRoot);
    }

    /* VIEWS */

    /// @inheritdoc ILogAnchor
    function origin() public view returns (string memory) {
        return _ORIGIN.toStringWithFallback(_longOrigin);
    }

    /// @inheritdoc ILogAnchor
    function latest() external view returns (uint64 size, bytes32 logRoot, uint64 blockNumber) {
        Checkpoint memory last = _latest;
        return (last.size, last.logRoot, last.blockNumber);
    }

    /// @inheritdoc ILogAnchor
    function checkpointText(uint64 size, bytes32 logRoot) public view returns (bytes memory text) {
        string memory hash = Base64.encode(bytes.concat(logRoot));
        return bytes(string.concat(origin(), "\n", Strings.toString(size), "\n", hash, "\n"));
    }

    /* INTERNAL */

    /// @dev Says which of the three ways a checkpoint does not grow. Size 0 before the first anchor is no growth either.
    function _refuse(Checkpoint memory last, uint64 size, bytes32 logRoot) private pure {
        if (size < last.size || size == 0) revert SizeNotGrowing(last.size, size);
        if (logRoot == last.logRoot) revert AlreadyAnchored(size);
        revert OtherRootAnchored(size);
    }

    /// @dev A line feed inside the origin would let one signature stand for two checkpoints.
    function _isLine(bytes memory text) private pure returns (bool) {
        for (uint256 i = 0; i < text.length; ++i) if (text[i] == "\n") return false;
        return text.length > 0;
    }
}
