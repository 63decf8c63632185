// What the pool should do, as plain bookkeeping written from docs/spec/contracts.md: every action answers with the
// name of the error that the contract must give, or undefined where it must succeed.
import type { Hex } from 'viem'
import type { Claim, Proven, Tree } from './naive-payout-tree.ts'

export type Amounts = { readonly money: bigint; readonly shares: bigint }
export type RoundRoot = {
  readonly round: bigint
  readonly tree: Tree
  readonly promised: Amounts
  readonly activatesAt: bigint
}
export type Answer = string | undefined

const NONE: Amounts = { money: 0n, shares: 0n }
const above = (high: bigint, low: bigint): bigint => (high > low ? high - low : 0n)

export class PoolModel {
  readonly activationDelay: bigint
  readonly sweepDelay: bigint
  time: bigint
  balance = 0n
  readonly deposited: [bigint, bigint] = [0n, 0n]
  active: RoundRoot | undefined
  pending: RoundRoot | undefined
  vetoes = 0
  sweep: { readonly amount: bigint; readonly executableAt: bigint } | undefined
  /** Money that was sent past `deposit`, and what of it the treasury got. */
  gifts = 0n
  swept = 0n
  total = NONE
  readonly claimed = new Map<Hex, Amounts>()
  /** Highest lifetime amounts that any active row ever gave a member. */
  readonly highest = new Map<Hex, Amounts>()

  constructor(time: bigint, activationDelay: bigint, sweepDelay: bigint) {
    this.time = time
    this.activationDelay = activationDelay
    this.sweepDelay = sweepDelay
  }

  get surplus(): bigint {
    return this.gifts - this.swept
  }

  give(amount: bigint): Answer {
    this.gifts += amount
    this.balance += amount
    return undefined
  }

  deposit(source: 0 | 1, amount: bigint): Answer {
    if (amount === 0n) return 'ZeroAmount'
    this.deposited[source] += amount
    this.balance += amount
    return undefined
  }

  post(round: bigint, tree: Tree, promised: Amounts): Answer {
    const activeRound = this.active?.round ?? 0n
    if (this.pending) {
      const { pending } = this
      const same =
        pending.round === round &&
        pending.tree.root === tree.root &&
        pending.promised.money === promised.money &&
        pending.promised.shares === promised.shares
      return same ? 'AlreadyPending' : 'OtherRootPending'
    }
    if (round !== activeRound + 1n) return 'WrongRound'
    const before = this.active?.promised ?? NONE
    if (promised.money < before.money || promised.shares < before.shares) return 'PromiseLowered'
    if (promised.money > this.deposited[0] + this.deposited[1]) return 'PromiseNotCovered'
    this.pending = { round, tree, promised, activatesAt: this.time + this.activationDelay }
    return undefined
  }

  activate(): Answer {
    if (!this.pending) return 'NothingPending'
    if (this.time < this.pending.activatesAt) return 'TooEarly'
    this.active = this.pending
    this.pending = undefined
    this.vetoes = 0
    for (const { claim } of this.active.tree.claims) {
      const { money, shares } = this.highest.get(claim.memberId) ?? NONE
      this.highest.set(claim.memberId, {
        money: money + above(claim.money, money),
        shares: shares + above(claim.shares, shares),
      })
    }
    return undefined
  }

  veto(): Answer {
    if (!this.pending) return 'NothingPending'
    if (this.time >= this.pending.activatesAt) return 'TooLateToVeto'
    if (this.vetoes === 2) return 'TooManyVetoes'
    this.vetoes += 1
    this.pending = undefined
    return undefined
  }

  claim({ claim }: Proven, tree: Tree): Answer {
    return this.#pay(claim, tree)
  }

  /** All or nothing; rows without anything left are skipped. */
  claimBatch(tree: Tree): Answer {
    const before = { balance: this.balance, total: this.total, claimed: new Map(this.claimed) }
    for (const { claim } of tree.claims) {
      const answer = this.#pay(claim, tree)
      if (answer === undefined || answer === 'NothingToClaim') continue
      this.balance = before.balance
      this.total = before.total
      for (const { claim } of tree.claims) {
        const was = before.claimed.get(claim.memberId)
        if (was) this.claimed.set(claim.memberId, was)
        else this.claimed.delete(claim.memberId)
      }
      return answer
    }
    return undefined
  }

  announceSweep(amount: bigint): Answer {
    if (amount > this.surplus) return 'SurplusExceeded'
    this.sweep = amount === 0n ? undefined : { amount, executableAt: this.time + this.sweepDelay }
    return undefined
  }

  executeSweep(): Answer {
    if (!this.sweep) return 'NoSweepAnnounced'
    const { amount, executableAt } = this.sweep
    if (this.time < executableAt) return 'SweepTooEarly'
    if (amount > this.surplus) return 'SurplusExceeded'
    this.balance -= amount
    this.swept += amount
    this.sweep = undefined
    return undefined
  }

  #pay({ memberId, ...row }: Claim, tree: Tree): Answer {
    if (tree.root !== this.active?.tree.root) return 'InvalidProof'
    const before = this.claimed.get(memberId) ?? NONE
    const money = above(row.money, before.money)
    const shares = above(row.shares, before.shares)
    if (money === 0n && shares === 0n) return 'NothingToClaim'
    const { promised } = this.active
    if (this.total.money + money > promised.money || this.total.shares + shares > promised.shares) {
      return 'PromiseExceeded'
    }
    this.claimed.set(memberId, { money: before.money + money, shares: before.shares + shares })
    this.total = { money: this.total.money + money, shares: this.total.shares + shares }
    this.balance -= money
    return undefined
  }
}
