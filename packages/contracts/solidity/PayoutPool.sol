// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IPayoutPool} from "./IPayoutPool.sol";
import {IShares} from "./IShares.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// @title PayoutPool
/// @notice Cumulative Merkle payouts in money and shares. Deposits leave only by claims. Not upgradeable.
contract PayoutPool is IPayoutPool, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /* TYPES */

    /// @dev One slot, so that one storage proof shows both.
    struct Amounts {
        uint128 money;
        uint128 shares;
    }

    /// @dev Three slots: root; promised; round and activatesAt.
    struct RoundRoot {
        bytes32 payoutRoot;
        Amounts promised;
        uint64 round;
        uint64 activatesAt;
    }

    /* CONSTANTS */

    /// @inheritdoc IPayoutPool
    uint64 public constant MAX_DELAY = 90 days;

    /// @inheritdoc IPayoutPool
    uint8 public constant MAX_VETOES = 2;

    /* IMMUTABLES */

    /// @inheritdoc IPayoutPool
    IERC20 public immutable TOKEN;

    /// @inheritdoc IPayoutPool
    IShares public immutable SHARES;

    /// @inheritdoc IPayoutPool
    address public immutable PUBLISHER;

    /// @inheritdoc IPayoutPool
    address public immutable GUARDIAN;

    /// @inheritdoc IPayoutPool
    address public immutable TREASURY;

    /// @inheritdoc IPayoutPool
    uint64 public immutable ACTIVATION_DELAY;

    /// @inheritdoc IPayoutPool
    uint64 public immutable SWEEP_DELAY;

    /* STORAGE (auditors prove these slots: docs/spec/contracts.md) */

    /// @dev Slots 0 and 1.
    uint256[2] private _deposited;

    /// @dev Slot 2.
    Amounts private _totalClaimed;

    /// @dev Slots 3 to 5.
    RoundRoot private _active;

    /// @dev Slots 6 to 8; round 0 means that nothing is pending.
    RoundRoot private _pending;

    /// @dev Slot 9 is the mapping's; a member's amounts are at keccak256(memberId . 9).
    mapping(bytes32 memberId => Amounts amounts) private _claimed;

    /// @dev Slot 10, with the two below; 0 means that no sweep is announced.
    uint128 private _sweepAmount;

    uint64 private _sweepExecutableAt;

    /// @inheritdoc IPayoutPool
    uint8 public vetoesInARow;

    /* CONSTRUCTOR */

    /// @param token The token paid out.
    /// @param shares Ownership shares whose minter is this pool.
    /// @param publisher Posts roots and announces sweeps.
    /// @param guardian Vetoes pending roots.
    /// @param treasury Receives swept surplus.
    /// @param activationDelay Seconds from posting to activation.
    /// @param sweepDelay Seconds from announcement to execution of a sweep.
    constructor(
        IERC20 token,
        IShares shares,
        address publisher,
        address guardian,
        address treasury,
        uint64 activationDelay,
        uint64 sweepDelay
    ) {
        bool incomplete = address(token) == address(0) ||
            address(shares) == address(0) ||
            publisher == address(0) ||
            guardian == address(0) ||
            treasury == address(0);
        if (incomplete) revert ZeroAddress();
        if (activationDelay > MAX_DELAY) revert DelayTooLong(activationDelay);
        if (sweepDelay > MAX_DELAY) revert DelayTooLong(sweepDelay);

        TOKEN = token;
        SHARES = shares;
        PUBLISHER = publisher;
        GUARDIAN = guardian;
        TREASURY = treasury;
        ACTIVATION_DELAY = activationDelay;
        SWEEP_DELAY = sweepDelay;
    }

    /* DEPOSITORS */

    /// @inheritdoc IPayoutPool
    function deposit(uint8 source, uint256 amount) external nonReentrant {
        if (source >= _deposited.length) revert UnknownSource(source);
        if (amount == 0) revert ZeroAmount();

        _deposited[source] += amount;

        emit Deposited(source, msg.sender, amount);

        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /* PUBLISHER */

    /// @inheritdoc IPayoutPool
    function post(
        uint64 round,
        bytes32 payoutRoot,
        uint256 promisedMoney,
        uint256 promisedShares
    ) external nonReentrant {
        if (msg.sender != PUBLISHER) revert NotPublisher(msg.sender);
        _checkRound(round, payoutRoot, promisedMoney, promisedShares);
        _checkPromise(promisedMoney, promisedShares);

        uint64 activatesAt = uint64(block.timestamp) + ACTIVATION_DELAY;
        _pending = RoundRoot({
            payoutRoot: payoutRoot,
            promised: Amounts(promisedMoney.toUint128(), promisedShares.toUint128()),
            round: round,
            activatesAt: activatesAt
        });

        emit Posted(round, payoutRoot, promisedMoney, promisedShares, activatesAt);
    }

    /// @inheritdoc IPayoutPool
    function announceSweep(uint256 amount) external nonReentrant {
        if (msg.sender != PUBLISHER) revert NotPublisher(msg.sender);
        _checkSurplus(amount);

        uint64 executableAt = amount == 0 ? 0 : uint64(block.timestamp) + SWEEP_DELAY;
        _sweepAmount = amount.toUint128();
        _sweepExecutableAt = executableAt;

        emit SweepAnnounced(amount, executableAt);
    }

    /* GUARDIAN */

    /// @inheritdoc IPayoutPool
    function veto() external {
        if (msg.sender != GUARDIAN) revert NotGuardian(msg.sender);
        RoundRoot memory vetoed = _pending;
        if (vetoed.round == 0) revert NothingPending();
        if (block.timestamp >= vetoed.activatesAt) revert TooLateToVeto(vetoed.activatesAt);
        if (vetoesInARow >= MAX_VETOES) revert TooManyVetoes();

        ++vetoesInARow;
        delete _pending;

        emit Vetoed(vetoed.round, vetoed.payoutRoot);
    }

    /* ANYONE */

    /// @inheritdoc IPayoutPool
    function activate() external {
        RoundRoot memory next = _pending;
        if (next.round == 0) revert NothingPending();
        if (block.timestamp < next.activatesAt) revert TooEarly(next.activatesAt);

        _active = next;
        delete _pending;
        delete vetoesInARow;

        emit Activated(next.round, next.payoutRoot);
    }

    /// @inheritdoc IPayoutPool
    function claim(
        Claim calldata c,
        bytes32[] calldata proof
    ) external nonReentrant returns (uint256 money, uint256 shares) {
        (money, shares) = _settle(c, proof);
        if (money == 0 && shares == 0) revert NothingToClaim(c.memberId);

        _pay(c.payTo, money, shares);
    }

    /// @inheritdoc IPayoutPool
    function claimBatch(Claim[] calldata claims, bytes32[][] calldata proofs) external nonReentrant {
        if (claims.length != proofs.length) revert LengthMismatch(claims.length, proofs.length);

        for (uint256 i = 0; i < claims.length; ++i) {
            (uint256 money, uint256 shares) = _settle(claims[i], proofs[i]);
            _pay(claims[i].payTo, money, shares);
        }
    }

    /// @inheritdoc IPayoutPool
    function sweep() external nonReentrant {
        uint256 amount = _sweepAmount;
        uint64 executableAt = _sweepExecutableAt;
        if (amount == 0) revert NoSweepAnnounced();
        if (block.timestamp < executableAt) revert SweepTooEarly(executableAt);
        _checkSurplus(amount);

        delete _sweepAmount;
        delete _sweepExecutableAt;

        emit Swept(amount);

        TOKEN.safeTransfer(TREASURY, amount);
    }

    /* VIEWS */

    /// @inheritdoc IPayoutPool
    function deposited(uint8 source) external view returns (uint256 amount) {
        if (source >= _deposited.length) revert UnknownSource(source);
        return _deposited[source];
    }

    /// @inheritdoc IPayoutPool
    function activeRound() external view returns (uint64 round) {
        return _active.round;
    }

    /// @inheritdoc IPayoutPool
    function activeRoot() external view returns (bytes32 payoutRoot) {
        return _active.payoutRoot;
    }

    /// @inheritdoc IPayoutPool
    function activePromised() external view returns (uint256 money, uint256 shares) {
        return (_active.promised.money, _active.promised.shares);
    }

    /// @inheritdoc IPayoutPool
    function pending()
        external
        view
        returns (
            uint64 round,
            bytes32 payoutRoot,
            uint256 promisedMoney,
            uint256 promisedShares,
            uint64 activatesAt
        )
    {
        RoundRoot memory next = _pending;
        return (next.round, next.payoutRoot, next.promised.money, next.promised.shares, next.activatesAt);
    }

    /// @inheritdoc IPayoutPool
    function claimed(bytes32 memberId) external view returns (uint256 money, uint256 shares) {
        return (_claimed[memberId].money, _claimed[memberId].shares);
    }

    /// @inheritdoc IPayoutPool
    function totalClaimed() external view returns (uint256 money, uint256 shares) {
        return (_totalClaimed.money, _totalClaimed.shares);
    }

    /// @inheritdoc IPayoutPool
    function surplus() external view nonReentrantView returns (uint256 amount) {
        return _surplus();
    }

    /// @inheritdoc IPayoutPool
    function announcedSweep() external view returns (uint256 amount, uint64 executableAt) {
        return (_sweepAmount, _sweepExecutableAt);
    }

    /// @inheritdoc IPayoutPool
    function leafHash(Claim calldata c) external view returns (bytes32 leaf) {
        return PayoutTree.leafHash(c, address(TOKEN));
    }

    /* INTERNAL: CLAIMS */

    /// @dev Checks, effects and event of one claim; the caller pays.
    function _settle(
        Claim calldata c,
        bytes32[] calldata proof
    ) private returns (uint256 money, uint256 shares) {
        bytes32 leaf = PayoutTree.leafHash(c, address(TOKEN));
        if (!PayoutTree.verify(_active.payoutRoot, leaf, c.index, c.count, proof)) revert InvalidProof();

        Amounts memory before = _claimed[c.memberId];
        money = Math.saturatingSub(c.money, before.money);
        shares = Math.saturatingSub(c.shares, before.shares);
        if (money == 0 && shares == 0) return (0, 0);

        Amounts memory promised = _active.promised;
        Amounts memory total = _totalClaimed;
        if (money > promised.money - total.money || shares > promised.shares - total.shares) {
            revert PromiseExceeded();
        }

        // No cast below loses bits: a member's sum <= the total after this claim <= promised < 2^128.
        _claimed[c.memberId] = Amounts(before.money + uint128(money), before.shares + uint128(shares));
        _totalClaimed = Amounts(total.money + uint128(money), total.shares + uint128(shares));

        emit Claimed(c.memberId, c.payTo, money, shares);
    }

    /// @dev While the token moves, balance + claimed is too high: `nonReentrant` keeps everyone from acting on it.
    function _pay(address payTo, uint256 money, uint256 shares) private {
        if (shares > 0) SHARES.mint(payTo, shares);
        if (money > 0) TOKEN.safeTransfer(payTo, money);
    }

    /* INTERNAL: PROMISES */

    function _checkRound(
        uint64 round,
        bytes32 payoutRoot,
        uint256 promisedMoney,
        uint256 promisedShares
    ) private view {
        if (payoutRoot == bytes32(0)) revert ZeroRoot();
        RoundRoot memory other = _pending;
        if (other.round != 0) {
            bool same = other.round == round &&
                other.payoutRoot == payoutRoot &&
                other.promised.money == promisedMoney &&
                other.promised.shares == promisedShares;
            if (same) revert AlreadyPending(round);
            revert OtherRootPending(other.round);
        }
        if (round != _active.round + 1) revert WrongRound(_active.round + 1, round);
    }

    function _checkPromise(uint256 promisedMoney, uint256 promisedShares) private view {
        Amounts memory promised = _active.promised;
        if (promisedMoney < promised.money || promisedShares < promised.shares) revert PromiseLowered();
        // Gifts never back a promise; nor does what a token took away after its deposit, until a gift fills the gap.
        uint256 covered = Math.min(_allDeposited(), _received());
        if (promisedMoney > covered) revert PromiseNotCovered(promisedMoney, covered);
    }

    function _checkSurplus(uint256 amount) private view {
        uint256 available = _surplus();
        if (amount > available) revert SurplusExceeded(amount, available);
    }

    /// @dev 0 rather than a revert should a token have taken balances away.
    function _surplus() private view returns (uint256) {
        return Math.saturatingSub(_received(), _allDeposited());
    }

    function _allDeposited() private view returns (uint256) {
        return _deposited[0] + _deposited[1];
    }

    /// @dev What ever came in, by deposits or past them, and was not swept.
    function _received() private view returns (uint256) {
        return TOKEN.balanceOf(address(this)) + _totalClaimed.money;
    }
}
