// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ILogAnchor
/// @notice A witness of a community's transparency log: keeps the latest checkpoint and admits only signed ones that
/// extend it.
/// @dev Normative text: docs/spec/contracts.md. Needs the P-256 precompile at 0x100 (RIP-7212, EIP-7951).
interface ILogAnchor {
    /* ERRORS */

    /// @notice Thrown when the origin is empty or holds a line feed.
    error InvalidOrigin();

    /// @notice Thrown when (qx, qy) is not a point of P-256.
    error InvalidKey();

    /// @notice Thrown when this very checkpoint is the latest: a repeated anchor may treat it as success.
    error AlreadyAnchored(uint64 size);

    /// @notice Thrown when another root is anchored at `size`: the log has forked.
    error OtherRootAnchored(uint64 size);

    /// @notice Thrown when `size` is below the anchored one.
    error SizeNotGrowing(uint64 anchored, uint64 size);

    /// @notice Thrown when the signature is not the log key's over the checkpoint text, or its s is high.
    error InvalidSignature();

    /// @notice Thrown when the proof does not show that the log of `size` extends the anchored one.
    error InconsistentLog(uint64 anchored, uint64 size);

    /* EVENTS */

    /// @notice Emitted when a checkpoint becomes the latest; the block's time is its time.
    event Anchored(uint64 indexed size, bytes32 indexed logRoot);

    /* VIEWS */

    /// @notice First line of the checkpoint text.
    function origin() external view returns (string memory);

    /// @notice x-coordinate of the log's P-256 key.
    function QX() external view returns (bytes32);

    /// @notice y-coordinate of the log's P-256 key.
    function QY() external view returns (bytes32);

    /// @notice Latest checkpoint and the block that anchored it; zeros before the first.
    function latest() external view returns (uint64 size, bytes32 logRoot, uint64 blockNumber);

    /// @notice What the log key signs, as SHA-256 of these bytes: `origin LF size LF base64(logRoot) LF`.
    function checkpointText(uint64 size, bytes32 logRoot) external view returns (bytes memory text);

    /* FUNCTIONS */

    /// @notice Anchors the checkpoint (size, logRoot). Anyone may relay it.
    /// @param proof RFC 9162 consistency proof from the latest checkpoint; empty for the first.
    /// @param r Signature of the log key.
    /// @param s Signature of the log key, in the lower half of the order.
    function anchor(uint64 size, bytes32 logRoot, bytes32[] calldata proof, bytes32 r, bytes32 s) external;
}
