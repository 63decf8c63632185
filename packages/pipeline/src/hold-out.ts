/** The hold-out of a round (docs/spec/pipeline.md): drawn by lot when nobody can change a submission any more. */
import { ceil, compareText, type Digest, type EventId, floor, taggedHash } from '@commonhold/protocol'
import type { AcceptedCluster } from './state.ts'

export type HoldOutRule = { readonly shareBasisPoints: number; readonly most: number }

/** From this many authors on, none may stand behind more than one hold-out item in twenty. */
const AUTHOR_CAP_FROM = 20

/** How many of a label's `count` newly accepted clusters are held out, before the other limits. */
export function labelShare(count: number, { shareBasisPoints }: HoldOutRule): number {
  const share = floor((count * shareBasisPoints) / 10_000)
  return share < 1 ? 1 : share
}

/**
 * Of the newly accepted clusters of each label the share with the smallest H(seed, cluster): at least one of a label,
 * at most `most` in all, at most 5 % of one author once 20 have new clusters.
 *
 * @returns leaders in byte order.
 */
export function drawHoldOut(
  fresh: readonly AcceptedCluster[],
  seed: Digest,
  rule: HoldOutRule,
): readonly EventId[] {
  const tickets = fresh
    .map((cluster) => ({ cluster, ticket: taggedHash('hold-out', seed, cluster.leader) }))
    .sort((a, b) => compareText(a.ticket, b.ticket))
  const byLabel = new Map<string, typeof tickets>()
  for (const one of tickets) {
    const some = byLabel.get(one.cluster.label)
    if (some === undefined) byLabel.set(one.cluster.label, [one])
    else some.push(one)
  }
  const size = (count: number): number => labelShare(count, rule)
  let planned = 0
  for (const some of byLabel.values()) planned += size(some.length)
  if (planned > rule.most) planned = rule.most
  const authors = new Set(fresh.map(({ author }) => author)).size
  const cap = authors < AUTHOR_CAP_FROM ? planned : ceil(planned / 20)
  const drawn: typeof tickets = []
  const byAuthor = new Map<string, number>()
  for (const some of byLabel.values()) {
    let wanted = size(some.length)
    for (const one of some) {
      if (wanted === 0) break
      const held = byAuthor.get(one.cluster.author) ?? 0
      if (held >= cap) continue
      byAuthor.set(one.cluster.author, held + 1)
      drawn.push(one)
      wanted--
    }
  }
  drawn.sort((a, b) => compareText(a.ticket, b.ticket))
  return drawn
    .slice(0, rule.most)
    .map(({ cluster }) => cluster.leader)
    .sort(compareText)
}
