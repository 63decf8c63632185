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

export type Played = {
  readonly ids: readonly MemberId[]
  readonly classes: readonly string[]
  readonly authored: readonly Judgement[]
  readonly reviews: readonly Judgement[]
  readonly gold: ReadonlyMap<string, string>
}

/** Runs one round of reviews, drawn by lot. Authors are honest and 85 % right too. */
export function play(scene: Scene, strategies: ReadonlyMap<number, Strategy>): Played {
  const given = Array.from({ length: scene.items }, () => new Map<number, number>())
  const world = makeWorld(scene, given)
  const ids = Array.from({ length: scene.reviewers }, (_, who) => member(who))
  const classes = Array.from({ length: scene.classes }, (_, index) => label(index))
  const items = world.truth.map((_, item) => ({
    id: sha256Hex(utf8(`item ${scene.seed} ${item}`)),
    author: memberId(sha256Hex(utf8(`author ${item % 40}`))),
  }))
  const authored = items.map(({ id, author }, item) => ({
    item: id,
    worker: author,
    label: label(world.honest(item)),
  }))
  const reviews: Judgement[] = []
  for (let wave = 0; wave < (scene.perItem === 'waves' ? 4 : 1); wave++) {
    for (const { item, who } of drawWave(
      scene,
      wave,
      items,
      ids,
      given,
      [...authored, ...reviews],
      classes,
    )) {
      const answer = (strategies.get(who) ?? honest)(world, item, who)
      given[item]?.set(who, answer)
      reviews.push({ item: items[item]!.id, worker: ids[who]!, label: label(answer) })
    }
  }
  const golden = items.map(({ id }, item) => [id, label(world.truth[item] ?? 0)] as const)
  return { ids, classes, authored, reviews, gold: new Map(golden.filter(() => world.random() < scene.gold)) }
}

function drawWave(
  scene: Scene,
  wave: number,
  items: readonly { readonly id: Digest; readonly author: MemberId }[],
  ids: readonly MemberId[],
  given: readonly ReadonlyMap<number, number>[],
  judgements: readonly Judgement[],
  classes: readonly string[],
): { item: number; who: number }[] {
  const whoIs = new Map(ids.map((id, who) => [id, who]))
  const itemIs = new Map(items.map(({ id }, item) => [id, item]))
  const reviewersOf = (id: Digest): number[] => [...(given[itemIs.get(id)!]?.keys() ?? [])]
  const estimates =
    wave === 0
      ? []
      : aggregate(judgements, { classes }).items.map((estimate) => [estimate.item, estimate] as const)
  const estimateOf = new Map(estimates)
  const drawn = drawReviewers({
    seed: sha256Hex(utf8(`seed ${scene.seed} ${wave}`)),
    items: items.map(({ id, author }) => ({ id, authors: [author] })),
    reviewers: ids,
    already: (id) => reviewersOf(id).map((who) => ids[who]!),
    perItem: (id) => {
      const reviewed = reviewersOf(id).length
      return scene.perItem === 'waves' ? reviewed + needsMore(estimateOf.get(id), reviewed) : scene.perItem
    },
    conflict: () => false,
  })
  return drawn.flatMap(({ item, reviewers }) =>
    reviewers.map((reviewer) => ({ item: itemIs.get(item)!, who: whoIs.get(reviewer)! })),
  )
}

/** Each reviewer's weight, in answers. */
export function weigh({ authored, reviews, classes, gold }: Played): Map<string, number> {
  const aggregation = aggregate([...authored, ...reviews], { classes })
  const pays = reviewWeights({ judgements: reviews, gold, aggregation })
  return new Map([...pays].map(([worker, { weight }]) => [worker, Number(weight) / 1e12]))
}

export function simulate(scene: Scene, strategies: ReadonlyMap<number, Strategy>): number[] {
  const played = play(scene, strategies)
  const weights = weigh(played)
  return played.ids.map((id) => weights.get(id) ?? 0)
}
