/** Attribution (docs/spec/attribution.md): what each accepted cluster was worth to this round's hold-out. */
import {
  attributionRoot,
  type KnnOptions,
  knnShapley,
  type RoundValues,
  roundValues,
  type TrainPoint,
} from '@commonhold/attribution'
import { areRelated, type Digest, type MemberId, seatOf, taggedHash, type View } from '@commonhold/protocol'
import type { Item } from './corpus.ts'
import type { DatasetRow } from './dataset.ts'
import type { Prepared } from './prepare.ts'
import type { RoundState } from './state.ts'

export type Attribution = {
  /** This round's value of each cluster in the data set, by leader. */
  readonly values: RoundValues
  /** The values of the last rounds, this one included and last. */
  readonly recent: readonly RoundValues[]
  readonly attributionRoot: Digest
}

export function attributeRound(view: View, prepared: Prepared, previous: RoundState): Attribution {
  const { train, holdOut, options } = knnProblem(view, prepared)
  const { values } = knnShapley(train, holdOut, options)
  const round = roundValues({
    train: train.map(({ id }) => id),
    values,
    holdOut: holdOut.map(({ id }) => id),
  })
  return {
    values: round,
    recent: [...previous.values, round].slice(-prepared.charter.averageRounds),
    attributionRoot: attributionRoot(round),
  }
}

export type KnnProblem = {
  readonly train: readonly TrainPoint[]
  readonly holdOut: readonly TrainPoint[]
  readonly options: KnnOptions
}

/** Points by cluster, each named by its leader. */
export function knnProblem(view: View, { charter, rows, holdOut, corpus, seed }: Prepared): KnnProblem {
  const held = new Set(holdOut)
  const owners = ownerNumbers(rows)
  const classOf = new Map(charter.labels.map((label, i) => [label, i]))
  const point = ({ leader, item, label, author }: DatasetRow): TrainPoint => ({
    id: leader,
    vector: (corpus.items.get(item) as Item).vector,
    label: classOf.get(label) as number,
    owner: owners.numberOf.get(author) as number,
  })
  return {
    train: rows.filter(({ leader }) => !held.has(leader)).map(point),
    holdOut: rows.filter(({ leader }) => held.has(leader)).map(point),
    options: {
      k: charter.neighbours,
      seed: taggedHash('value-ties', seed),
      conflict: conflicts(view, owners.members),
    },
  }
}

type Owners = { readonly members: readonly MemberId[]; readonly numberOf: ReadonlyMap<MemberId, number> }

function ownerNumbers(rows: readonly DatasetRow[]): Owners {
  const numberOf = new Map<MemberId, number>()
  for (const { author } of rows) if (!numberOf.has(author)) numberOf.set(author, numberOf.size)
  return { members: Array.from(numberOf.keys()), numberOf }
}

/** Nobody earns from a hold-out item of their own or of somebody related by invites: a split person would. */
function conflicts(view: View, members: readonly MemberId[]): (train: number, holdOut: number) => boolean {
  const known = new Map<number, boolean>()
  return (train, holdOut) => {
    const pair = train * members.length + holdOut
    let answer = known.get(pair)
    if (answer === undefined) {
      answer = areRelated(
        view.members,
        seatOf(view, members[train] as MemberId),
        seatOf(view, members[holdOut] as MemberId),
      )
      known.set(pair, answer)
    }
    return answer
  }
}
