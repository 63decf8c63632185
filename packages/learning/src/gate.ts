/** The gate (docs/spec/learning.md, Gate): whether a candidate becomes the live release. Exact integer arithmetic. */
import { floor } from '@commonhold/protocol'
import { atMost, CERTAIN, ceilPpm, type Fraction, upperTail } from './binomial.ts'

export type GateInput = {
  /** `refresh`: same recipe on other data (refresh, erasure, rollback). `recipe`: one that earns. `first`: none is live. */
  readonly kind: 'refresh' | 'recipe' | 'first'
  /** One for each item of the hold-out, the same items in the same order for candidate, live release and groups. */
  readonly candidateCorrect: readonly boolean[]
  readonly liveCorrect?: readonly boolean[]
  /** How many items the most frequent training label gets right. */
  readonly majorityCorrect: number
  /** Group of each item, if it has one; empty where there are no groups. */
  readonly groups: readonly (string | undefined)[]
  /** How many candidate recipes are tried on this hold-out; 1 if absent. */
  readonly candidates?: number
}

export type GateReason =
  | 'above-majority'
  | 'not-above-majority'
  | 'non-inferior'
  | 'small-hold-out-not-worse'
  | 'not-shown-non-inferior'
  | 'superior'
  | 'not-shown-superior'
  | 'group-worse'

export type GateCounts = {
  readonly items: number
  readonly candidateCorrect: number
  readonly liveCorrect: number
  readonly majorityCorrect: number
  /** Discordant pairs: only the candidate right, only the live release right. */
  readonly gained: number
  readonly lost: number
}

export type GateResult = {
  readonly promoted: boolean
  readonly reason: GateReason
  /** p-value of the deciding test in millionths, rounded up; 10^6 where no test is needed. */
  readonly pPpm: number
  readonly counts: GateCounts
  /** Groups large enough for the floor, by first appearance, with the p-value of "this group got worse". */
  readonly groups: readonly {
    readonly group: string
    readonly items: number
    readonly gained: number
    readonly lost: number
    readonly pPpm: number
    readonly worse: boolean
  }[]
}

/** One item in so many is one percentage point. */
const MARGIN_ITEMS = 100
const NON_INFERIOR: Fraction = { above: 5n, below: 100n }
const SUPERIOR: Fraction = { above: 1n, below: 100n }
const GROUP_WORSE: Fraction = { above: 1n, below: 100n }
const GROUP_ITEMS = 50
/** Smallest hold-out on which a release that answers exactly like the live one passes the test: 2^-5 < 5 % < 2^-4. */
const TELLING_ITEMS = 500

export function gate(input: GateInput): GateResult {
  const counts = countAll(input)
  if (input.kind === 'first') {
    const promoted = counts.candidateCorrect > counts.majorityCorrect
    const reason = promoted ? 'above-majority' : 'not-above-majority'
    return { promoted, reason, pPpm: ceilPpm(CERTAIN), counts, groups: [] }
  }
  const groups = groupFloor(input)
  const decided = input.kind === 'refresh' ? nonInferior(counts) : superior(counts, input.candidates ?? 1)
  if (decided.promoted && groups.some(({ worse }) => worse)) {
    return { ...decided, promoted: false, reason: 'group-worse', counts, groups }
  }
  return { ...decided, counts, groups }
}

type Decision = Pick<GateResult, 'promoted' | 'reason' | 'pPpm'>

/**
 * H0: the candidate loses a point or more. It is given one gain for each whole hundred items, the margin, and must then be
 * superior at 5 %. (Conditioning on a share of gains instead would let one more right answer undo a promotion.) A
 * hold-out too small to show anything decides by what was observed: a community of fifty could never refresh otherwise.
 */
function nonInferior({ items, gained, lost }: GateCounts): Decision {
  const margin = floor(items / MARGIN_ITEMS)
  const p = upperTail(gained + lost + margin, gained + margin)
  const pPpm = ceilPpm(p)
  if (items < TELLING_ITEMS) {
    const promoted = items > 0 && (lost - gained) * MARGIN_ITEMS <= items
    return { promoted, reason: promoted ? 'small-hold-out-not-worse' : 'not-shown-non-inferior', pPpm }
  }
  const promoted = atMost(p, NON_INFERIOR)
  return { promoted, reason: promoted ? 'non-inferior' : 'not-shown-non-inferior', pPpm }
}

/** H0: a discordant pair is as likely a loss as a gain. */
function superior({ gained, lost }: GateCounts, candidates: number): Decision {
  if (!Number.isSafeInteger(candidates) || candidates < 1) throw new Error(`${candidates} candidates`)
  const p = upperTail(gained + lost, gained)
  const promoted = atMost(p, { above: SUPERIOR.above, below: SUPERIOR.below * BigInt(candidates) })
  return { promoted, reason: promoted ? 'superior' : 'not-shown-superior', pPpm: ceilPpm(p) }
}

function groupFloor(input: GateInput): GateResult['groups'] {
  const sums = new Map<string, { items: number; gained: number; lost: number }>()
  input.groups.forEach((group, i) => {
    if (group === undefined) return
    const sum = sums.get(group) ?? { items: 0, gained: 0, lost: 0 }
    sums.set(group, sum)
    const candidate = input.candidateCorrect[i]
    const live = input.liveCorrect?.[i]
    sum.items += 1
    if (candidate && !live) sum.gained += 1
    if (live && !candidate) sum.lost += 1
  })
  return [...sums]
    .filter(([, { items }]) => items >= GROUP_ITEMS)
    .map(([group, sum]) => {
      const p = upperTail(sum.gained + sum.lost, sum.lost)
      return { group, ...sum, pPpm: ceilPpm(p), worse: atMost(p, GROUP_WORSE) }
    })
}

function countAll({ kind, candidateCorrect, liveCorrect, majorityCorrect, groups }: GateInput): GateCounts {
  const items = candidateCorrect.length
  if (kind === 'first' ? liveCorrect !== undefined : liveCorrect?.length !== items) {
    throw new Error('a first release has no live one beside it, every other the same items')
  }
  if (groups.length !== 0 && groups.length !== items) throw new Error('one group (or none) for each item')
  const counts = { items, candidateCorrect: 0, liveCorrect: 0, majorityCorrect, gained: 0, lost: 0 }
  candidateCorrect.forEach((candidate, i) => {
    const live = liveCorrect?.[i] ?? false
    if (candidate) counts.candidateCorrect += 1
    if (live) counts.liveCorrect += 1
    if (liveCorrect === undefined || candidate === live) return
    if (candidate) counts.gained += 1
    else counts.lost += 1
  })
  return counts
}
