// A seeded world of invented reviewers: who says what about items whose truth is known to the simulation only.
import { type Digest, type MemberId, memberId, sha256Hex, utf8 } from '@commonhold/protocol'
import { aggregate, drawReviewers, type Judgement, needsMore, reviewWeights } from '../../src/index.ts'

/** xorshift32: the simulation needs a repeatable coin, not a good one. */
export function coin(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}

export type Scene = {
  readonly seed: number
  readonly classes: number
  readonly items: number
  readonly reviewers: number
  /** Part of the items whose label the organiser committed. */
  readonly gold: number
  /** R: reviewers per item, or by waves of 2 to 5. */
  readonly perItem: number | 'waves'
}

export type World = Scene & {
  readonly random: () => number
  readonly truth: readonly number[]
  /** Answers of an honest reviewer: right with 85 %, else any other label. */
  readonly honest: (item: number) => number
  /** Answers given so far about the item, by reviewer. */
  readonly given: (item: number) => ReadonlyMap<number, number>
}

/** What reviewer `who` says about `item`. Reviewers not listed are honest. */
export type Strategy = (world: World, item: number, who: number) => number

const HONEST_ACCURACY = 0.85
export const label = (index: number): string => `class-${String(index).padStart(2, '0')}`
const member = (who: number): MemberId => memberId(sha256Hex(utf8(`reviewer ${who}`)))

export const honest: Strategy = (world, item) => world.honest(item)
export const constant: Strategy = () => 0
export const random: Strategy = (world) => Math.floor(world.random() * world.classes)
export const flipper: Strategy = (world, item) => (world.honest(item) + 1) % world.classes
export const halfLazy: Strategy = (world, item, who) =>
  world.random() < 0.5 ? honest(world, item, who) : random(world, item, who)
export const halfConstant: Strategy = (world, item, who) =>
  world.random() < 0.5 ? honest(world, item, who) : 0
/** Everybody in the ring derives the label from the item's number. */
export const hashRing: Strategy = (world, item) =>
  Number.parseInt(sha256Hex(utf8(`rule ${item}`)).slice(0, 8), 16) % world.classes
/** Gives the answer of a colluder who judged the item before, else an honest one. */
export const copier =
  (colluders: ReadonlySet<number>): Strategy =>
  (world, item) => {
    for (const [who, answer] of world.given(item)) if (colluders.has(who)) return answer
    return world.honest(item)
  }

function makeWorld(scene: Scene, given: readonly ReadonlyMap<number, number>[]): World {
  const random = coin(scene.seed * 7919 + 17)
  const truth = Array.from({ length: scene.items }, () => Math.floor(random() ** 1.5 * scene.classes))
  const noisy = (item: number): number => {
    const right = truth[item] ?? 0
    if (random() < HONEST_ACCURACY) return right
    return (right + 1 + Math.floor(random() * (scene.classes - 1))) % scene.classes
  }
  return { ...scene, random, truth, honest: noisy, given: (item) => given[item] ?? new Map() }
}

/** Runs one round of reviews and returns each reviewer's weight. Authors are honest and 85 % right too. */
export function simulate(scene: Scene, strategies: ReadonlyMap<number, Strategy>): number[] {
  const given = Array.from({ length: scene.items }, () => new Map<number, number>())
  const world = makeWorld(scene, given)
  const ids = Array.from({ length: scene.reviewers }, (_, who) => member(who))
  const position = new Map(ids.map((id, who) => [id, who]))
  const items = world.truth.map((_, item) => ({
    id: sha256Hex(utf8(`item ${scene.seed} ${item}`)),
    author: memberId(sha256Hex(utf8(`author ${item % 40}`))),
  }))
  const itemIndex = new Map<string, number>(items.map(({ id }, item) => [id, item]))
  const authored: Judgement[] = items.map(({ id, author }, item) => ({
    item: id,
    worker: author,
    label: label(world.honest(item)),
  }))
  const reviews: Judgement[] = []
  const classes = Array.from({ length: scene.classes }, (_, index) => label(index))
  const holders = (id: Digest): MemberId[] =>
    [...(given[itemIndex.get(id) ?? 0]?.keys() ?? [])].map((who) => ids[who] as MemberId)
  let wanted: (id: Digest) => number = () => (scene.perItem === 'waves' ? 2 : scene.perItem)
  for (let wave = 0; wave < (scene.perItem === 'waves' ? 4 : 1); wave++) {
    const drawn = drawReviewers({
      seed: sha256Hex(utf8(`seed ${scene.seed} ${wave}`)),
      items,
      reviewers: ids,
      already: holders,
      perItem: wanted,
      conflict: () => false,
    })
    for (const { item, reviewers } of drawn) {
      const index = itemIndex.get(item) ?? 0
      for (const reviewer of reviewers) {
        const who = position.get(reviewer) ?? 0
        const answer = (strategies.get(who) ?? honest)(world, index, who)
        given[index]?.set(who, answer)
        reviews.push({ item, worker: reviewer, label: label(answer) })
      }
    }
    const estimates = new Map(
      aggregate([...authored, ...reviews], { classes }).items.map((estimate) => [estimate.item, estimate]),
    )
    wanted = (id) => {
      const reviewed = given[itemIndex.get(id) ?? 0]?.size ?? 0
      return reviewed + needsMore(estimates.get(id), reviewed)
    }
  }
  const aggregation = aggregate([...authored, ...reviews], { classes })
  const golden = new Map<string, string>()
  for (const [item, { id }] of items.entries()) {
    if (world.random() < scene.gold) golden.set(id, label(world.truth[item] ?? 0))
  }
  const pays = reviewWeights({ judgements: reviews, gold: golden, aggregation })
  return ids.map((id) => Number(pays.get(id)?.weight ?? 0n) / 1e12)
}
