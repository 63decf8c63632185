/** Attribution (docs/spec/attribution.md): what each accepted cluster was worth to this round's hold-out. */
import {
  attributionRoot,
  knnShapley,
  type RoundValues,
  roundValues,
  type TrainPoint,
} from '@commonhold/attribution'
import {
  areRelated,
  type Charter,
  type Digest,
  type EventId,
  type MemberId,
  taggedHash,
  type View,
} from '@commonhold/protocol'
import type { Corpus, Item } from './corpus.ts'
import type { DatasetRow } from './dataset.ts'
import type { RoundState } from './state.ts'

export type Attribution = {
  /** This round's value of each cluster in the data set, by leader. */
  readonly values: RoundValues
  /** The values of the last rounds, this one included and last. */
  readonly recent: readonly RoundValues[]
  readonly attributionRoot: Digest
}

export function attributeRound(
  view: View,
  charter: Charter,
  rows: readonly DatasetRow[],
  holdOut: ReadonlySet<EventId>,
  corpus: Corpus,
  seed: Digest,
  previous: RoundState,
): Attribution {
  // A corrected item is trained with a label that its author did not give: no value (docs/spec/attribution.md).
  const train = rows.filter(({ leader }) => !holdOut.has(leader))
  const test = rows.filter(({ leader }) => holdOut.has(leader))
  const owners = ownerNumbers(rows)
  const classOf = new Map(charter.labels.map((label, i) => [label, i]))
  const point = ({ leader, item, label, author }: DatasetRow): TrainPoint => ({
    id: leader,
    vector: (corpus.items.get(item) as Item).vector,
    label: classOf.get(label) as number,
    owner: owners.numberOf.get(author) as number,
  })
  const { values } = knnShapley(train.map(point), test.map(point), {
    k: charter.neighbours,
    seed: taggedHash('value-ties', seed),
    conflict: conflicts(view, owners.members),
  })
  const round = roundValues({
    train: train.map(({ leader }) => leader),
    values,
    holdOut: test.map(({ leader }) => leader),
  })
  return {
    values: round,
    recent: [...previous.values, round].slice(-charter.averageRounds),
    attributionRoot: attributionRoot(round),
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
      answer = areRelated(view.members, members[train] as MemberId, members[holdOut] as MemberId)
      known.set(pair, answer)
    }
    return answer
  }
}
