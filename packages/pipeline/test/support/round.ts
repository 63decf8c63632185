// A round as most tests need it: items by several people, reviewed until nothing is undecided.
import { compareText, type EventId } from '@commonhold/protocol'
import { type RoundState, readCorpus, replayWaves, type Waves } from '../../src/index.ts'
import type { Item, TestCommunity } from './community.ts'
import { LABELS, textAbout } from './texts.ts'

export const AUTHORS = ['bea', 'cem', 'dot']
export const REVIEWERS = ['eli', 'fay', 'gus']

export function joinAll(community: TestCommunity): void {
  for (const name of AUTHORS) community.join(name)
  for (const name of REVIEWERS) community.join(name, { reviewer: true })
}

/** `count` items, labels by turns; everybody writes about everything. */
export function items(count: number, series = '', authors: readonly string[] = AUTHORS): readonly Item[] {
  return Array.from({ length: count }, (_, i) => {
    const label = LABELS[i % LABELS.length] as string
    const author = authors[Math.floor(i / LABELS.length) % authors.length] as string
    return { author, label, text: textAbout(label, i, series) }
  })
}

export function wavesOf({ view, read }: TestCommunity, previous: RoundState): Waves {
  const round = view.rounds.at(-1)
  if (round === undefined) throw new Error('no round')
  return replayWaves(view, round, readCorpus(view, round.round, read, previous), previous)
}

export type Answer = (item: EventId, reviewer: string) => string | undefined

/** What the author says. */
export const truthful =
  ({ view }: TestCommunity): Answer =>
  (item) =>
    view.contributions.get(item)?.label

/** Opens waves and has everybody who is drawn answer, at most `most` times. */
export function reviewAll(
  community: TestCommunity,
  previous: RoundState,
  answer: Answer = truthful(community),
  most = 9,
): void {
  for (let wave = 0; wave < most && wavesOf(community, previous).undecided.length > 0; wave++) {
    community.openWave()
    let asked = 0
    for (const [item, drawn] of wavesOf(community, previous).drawn) {
      for (const reviewer of drawn) {
        if (community.view.reviewed.has(`${item}:${reviewer}`)) continue
        const name = community.names.get(reviewer) as string
        community.review(name, item, answer(item, name))
        asked++
      }
    }
    if (asked === 0) return
  }
}

export const sorted = (ids: Iterable<string>): readonly string[] => Array.from(ids).sort(compareText)
