// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IShares} from "./IShares.sol";

/// @title IPayoutPool
/// @notice Holds a community's money and pays members what the active payout root says they have earned so far.
/// Money is in the smallest unit of `TOKEN`, shares in the smallest unit of `SHARES`, times in Unix seconds.
/// @dev Assumptions about `TOKEN`: a transfer moves exactly the amount asked for, and balances change by transfers
/// only. With a token that takes fees, rebases or seizes balances the pool can become insolvent. Re-entrancy from the
/// token is refused. Normative text: docs/spec/contracts.md.
interface IPayoutPool {
    /* TYPES */

    /// @notice One row of the payout tree: lifetime totals of one member.
    /// @param index Position of the leaf, from 0.
    /// @param count Number of leaves in the tree.
    /// @param memberId The member's seat; what was paid is kept per seat, not per address.
    /// @param payTo The only address that money and shares of this row go to.
    /// @param money Lifetime total of money that may be claimed.
    /// @param shares Lifetime total of shares that may be claimed.
    struct Claim {
        uint256 index;
        uint256 count;
        bytes32 memberId;
        address payTo;
        uint256 money;
        uint256 shares;
    }

    /* ERRORS */

    /// @notice Thrown when a constructor argument would be the zero address.
    error ZeroAddress();

    /// @notice Thrown when a delay is longer than `MAX_DELAY` (most likely milliseconds in place of seconds).
    error DelayTooLong(uint64 delay);

    /// @notice Thrown when `caller` is not the publisher.
    error NotPublisher(address caller);

    /// @notice Thrown when `caller` is not the guardian.
    error NotGuardian(address caller);

    /// @notice Thrown when `source` is neither 0 (sponsors) nor 1 (customers).
    error UnknownSource(uint8 source);

    /// @notice Thrown when a deposit is of nothing.
    error ZeroAmount();

    /// @notice Thrown when the very same root is already pending for `round`: a repeated post may treat it as success.
    error AlreadyPending(uint64 round);

    /// @notice Thrown when another root is pending for `round`.
    error OtherRootPending(uint64 round);

    /// @notice Thrown when `round` is not the round after the active one.
    error WrongRound(uint64 expected, uint64 round);

    /// @notice Thrown when the root is zero.
    error ZeroRoot();

    /// @notice Thrown when a promise would be lower than the one before.
    error PromiseLowered();

    /// @notice Thrown when `promised` money exceeds `covered`, the smaller of all deposits and balance + claimed.
    error PromiseNotCovered(uint256 promised, uint256 covered);

    /// @notice Thrown when no root is pending.
    error NothingPending();

    /// @notice Thrown when the pending root cannot be activated before `activatesAt`.
    error TooEarly(uint64 activatesAt);

    /// @notice Thrown when the pending root could be activated since `activatesAt`, so that a veto comes too late.
    error TooLateToVeto(uint64 activatesAt);

    /// @notice Thrown when the guardian has vetoed `MAX_VETOES` roots since the last activation.
    error TooManyVetoes();

    /// @notice Thrown when the proof does not lead from the claim to the active root.
    error InvalidProof();

    /// @notice Thrown when `memberId` has already been paid everything that the claim says.
    error NothingToClaim(bytes32 memberId);

    /// @notice Thrown when a payment would bring the sum of all claims above what the active root promised.
    error PromiseExceeded();

    /// @notice Thrown when a batch has not exactly one proof for each claim.
    error LengthMismatch(uint256 claims, uint256 proofs);

    /// @notice Thrown when a sweep of `amount` would take more than the `surplus`.
    error SurplusExceeded(uint256 amount, uint256 surplus);

    /// @notice Thrown when no sweep is announced.
    error NoSweepAnnounced();

    /// @notice Thrown when the announced sweep cannot be executed before `executableAt`.
    error SweepTooEarly(uint64 executableAt);

    /* EVENTS */

    /// @notice Emitted when `from` deposits money of `source`.
    event Deposited(uint8 indexed source, address indexed from, uint256 amount);

    /// @notice Emitted when a payout root is posted; it pays from its activation on.
    event Posted(
        uint64 indexed round,
        bytes32 indexed payoutRoot,
        uint256 promisedMoney,
        uint256 promisedShares,
        uint64 activatesAt
    );

    /// @notice Emitted when the payout root of `round` begins to pay.
    event Activated(uint64 indexed round, bytes32 indexed payoutRoot);

    /// @notice Emitted when the guardian cancels the pending root of `round`.
    event Vetoed(uint64 indexed round, bytes32 indexed payoutRoot);

    /// @notice Emitted when `money` and `shares` are paid for `memberId` (this payment, not the lifetime total).
    event Claimed(bytes32 indexed memberId, address indexed payTo, uint256 money, uint256 shares);

    /// @notice Emitted when a sweep is announced; an `amount` of 0 cancels the one before.
    event SweepAnnounced(uint256 amount, uint64 executableAt);

    /// @notice Emitted when surplus leaves for the treasury.
    event Swept(uint256 amount);

    /* CONSTANTS AND IMMUTABLES */

    /// @notice The token paid out.
    function TOKEN() external view returns (IERC20);

    /// @notice Ownership shares, minted by claims.
    function SHARES() external view returns (IShares);

    /// @notice The only account that posts roots and announces sweeps.
    function PUBLISHER() external view returns (address);

    /// @notice The only account that vetoes; it can do nothing else.
    function GUARDIAN() external view returns (address);

    /// @notice The only address that surplus goes to.
    function TREASURY() external view returns (address);

    /// @notice Seconds between posting and activation of a root.
    function ACTIVATION_DELAY() external view returns (uint64);

    /// @notice Seconds between announcement and execution of a sweep.
    function SWEEP_DELAY() external view returns (uint64);

    /// @notice Longest delay that the constructor admits, in seconds.
    function MAX_DELAY() external view returns (uint64);

    /// @notice Vetoes allowed between two activations.
    function MAX_VETOES() external view returns (uint8);

    /* VIEWS */

    /// @notice Everything ever deposited from `source` (0 sponsors, 1 customers).
    function deposited(uint8 source) external view returns (uint256 amount);

    /// @notice Round of the root that pays now; 0 before the first activation.
    function activeRound() external view returns (uint64 round);

    /// @notice Root that pays now; zero before the first activation.
    function activeRoot() external view returns (bytes32 payoutRoot);

    /// @notice Upper bound on everything that can ever be claimed against the active root.
    function activePromised() external view returns (uint256 money, uint256 shares);

    /// @notice The posted root that does not pay yet; all zero if there is none.
    function pending()
        external
        view
        returns (
            uint64 round,
            bytes32 payoutRoot,
            uint256 promisedMoney,
            uint256 promisedShares,
            uint64 activatesAt
        );

    /// @notice Vetoes since the last activation.
    function vetoesInARow() external view returns (uint8 vetoes);

    /// @notice What `memberId` has been paid so far.
    function claimed(bytes32 memberId) external view returns (uint256 money, uint256 shares);

    /// @notice What all members together have been paid so far.
    function totalClaimed() external view returns (uint256 money, uint256 shares);

    /// @notice Money that came without a deposit (gifts, mistakes): balance + claimed - all deposits, never below 0.
    function surplus() external view returns (uint256 amount);

    /// @notice The announced sweep; zeros if there is none.
    function announcedSweep() external view returns (uint256 amount, uint64 executableAt);

    /// @notice Leaf of the payout tree for `c` on this chain, in this pool, in this token (`c.count` is not in it).
    function leafHash(Claim calldata c) external view returns (bytes32 leaf);

    /* FUNCTIONS */

    /// @notice Takes `amount` from the caller (who approved it before) as money of `source`.
    /// @dev Warning: there is no way back; deposited money leaves only by claims. Tokens sent to the pool by a plain
    /// transfer are surplus: no round counts them, no promise rests on them.
    function deposit(uint8 source, uint256 amount) external;

    /// @notice Posts the payout root of the round after the active one. Only the publisher.
    /// @dev The promise must be covered by all deposits and by balance + claimed, and never falls below the active one.
    /// Warning: the pool checks neither that the rows add up to the promise nor how they were computed; that is what
    /// the delay is for.
    /// @param round The active round + 1; a vetoed round is posted again under the same number.
    /// @param payoutRoot keccak256(abi.encode(count, top)), see docs/spec/contracts.md.
    /// @param promisedMoney Sum of the lifetime money of all rows.
    /// @param promisedShares Sum of the lifetime shares of all rows.
    function post(uint64 round, bytes32 payoutRoot, uint256 promisedMoney, uint256 promisedShares) external;

    /// @notice Lets the pending root pay once its delay has passed. Anyone may call it; the old root pays until then.
    function activate() external;

    /// @notice Cancels the pending root before it can be activated. Only the guardian, `MAX_VETOES` times in a row.
    function veto() external;

    /// @notice Pays what `c` says minus what was already claimed by `c.memberId`.
    /// @dev Anyone may relay it: money and shares only ever go to `c.payTo`. A row lower than before pays nothing.
    /// @param proof Siblings from the leaf upwards; its length is ceil(log2(c.count)).
    /// @return money Money paid now.
    /// @return shares Shares minted now.
    function claim(
        Claim calldata c,
        bytes32[] calldata proof
    ) external returns (uint256 money, uint256 shares);

    /// @notice Claims many rows; rows with nothing left to claim are skipped without an event.
    /// @dev Warning: one invalid proof, or one `payTo` that the token refuses (a blocked address), reverts the whole
    /// batch. Whoever relays a batch that reverts sends its rows again one by one by `claim`: only the bad row fails.
    function claimBatch(Claim[] calldata claims, bytes32[][] calldata proofs) external;

    /// @notice Announces that `amount` of the surplus will go to the treasury. Only the publisher.
    /// @dev Replaces the announcement before it and starts the delay anew; 0 cancels. It does not lapse: whenever it is
    /// executed it takes surplus, never a deposit.
    function announceSweep(uint256 amount) external;

    /// @notice Executes the announced sweep after its delay. Anyone may call it; the surplus is checked again.
    function sweep() external;
}
