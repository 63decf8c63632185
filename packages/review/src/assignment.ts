import {
  type Bytes,
  compareText,
  type Digest,
  type MemberId,
  min,
  taggedHash,
  utf8,
} from '@commonhold/protocol'

export type Lot = {
  /** Unknown until submissions have closed, public afterwards. */
  readonly seed: Digest
  /** With everybody whose work the answer judges: the author, and those of near-copies in its cluster. */
  readonly items: readonly { readonly id: Digest; readonly authors: readonly MemberId[] }[]
  readonly reviewers: readonly MemberId[]
  /** Who was drawn for the item in earlier waves. */
  readonly already: (item: Digest) => Iterable<MemberId>
  /** Reviewers that each item shall have, those of earlier waves included; a number for all, or one for each item. */
  readonly perItem: number | ((item: Digest) => number)
  /** Whether a member may not judge the author's work (same invite subtree). Own items are excluded anyway. */
  readonly conflict: (reviewer: MemberId, author: MemberId) => boolean
}

export type Assignment = { readonly item: Digest; readonly reviewers: readonly MemberId[] }

/**
 * Draws reviewers by lot (docs/spec/review.md, section 4). Items come in the order given; each takes the eligible
 * reviewer with the fewest assignments, those of earlier waves on these items included, of equals the smallest
 * taggedHash('review-lot', seed, item, reviewer). An item gets fewer where nobody eligible is left.
 *
 * @returns The reviewers added now, for every item, in the order drawn.
 */
export function drawReviewers(lot: Lot): Assignment[] {
  const load = new Map<MemberId, number>()
  const reviewers = [...new Set(lot.reviewers)].sort(compareText)
  for (const reviewer of reviewers) load.set(reviewer, 0)
  const tickets = new Map(reviewers.map((reviewer) => [reviewer, utf8(reviewer)]))
  const held = lot.items.map(({ id }) => new Set(lot.already(id)))
  for (const members of held) {
    for (const member of members) load.set(member, (load.get(member) ?? 0) + 1)
  }
  return lot.items.map(({ id, authors }, i) => {
    const holders = held[i] ?? new Set<MemberId>()
    const wanted = (typeof lot.perItem === 'number' ? lot.perItem : lot.perItem(id)) - holders.size
    const eligible = reviewers.filter(
      (reviewer) =>
        !holders.has(reviewer) &&
        !authors.some((author) => reviewer === author || lot.conflict(reviewer, author)),
    )
    return { item: id, reviewers: drawFor(eligible, wanted, load, ticketsOf(lot.seed, id, tickets)) }
  })
}

type Tickets = (reviewer: MemberId) => Digest

/** Ids as bytes are made once: a large lot hashes millions of them. */
function ticketsOf(seed: Digest, item: Digest, ids: ReadonlyMap<MemberId, Bytes>): Tickets {
  const seedBytes = utf8(seed)
  const itemBytes = utf8(item)
  return (reviewer) => taggedHash('review-lot', seedBytes, itemBytes, ids.get(reviewer) as Bytes)
}

function drawFor(
  eligible: readonly MemberId[],
  wanted: number,
  load: Map<MemberId, number>,
  ticketOf: Tickets,
): MemberId[] {
  const drawn: MemberId[] = []
  let left = eligible
  while (drawn.length < wanted && left.length > 0) {
    let fewest = Number.MAX_SAFE_INTEGER
    for (const reviewer of left) fewest = min(fewest, load.get(reviewer) ?? 0)
    const next = firstByLot(
      left.filter((reviewer) => load.get(reviewer) === fewest),
      ticketOf,
    )
    drawn.push(next)
    load.set(next, fewest + 1)
    left = left.filter((reviewer) => reviewer !== next)
  }
  return drawn
}

/** `members` is not empty and in byte order, which decides between equal hashes. */
function firstByLot(members: readonly MemberId[], ticketOf: Tickets): MemberId {
  let best = members[0] as MemberId
  if (members.length === 1) return best
  let bestTicket = ticketOf(best)
  for (const member of members.slice(1)) {
    const ticket = ticketOf(member)
    if (compareText(ticket, bestTicket) < 0) {
      best = member
      bestTicket = ticket
    }
  }
  return best
}
