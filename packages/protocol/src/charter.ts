/** The charter: a community's rules as data (docs/spec/events.md, 5). Human text of the charter is an addendum. */
import { ProtocolError } from './errors.ts'
import { type Infer, integer, list, literal, object, record, text } from './schema.ts'
import { compareText } from './units.ts'

const LABEL = /^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/

/** A label as entries carry it: printable ASCII; other letters are percent-encoded UTF-8 (see `labelId`). */
export const labelSchema = text(LABEL, 'a label of 1 to 100 printable ASCII characters')

/**
 * What entries write for a label that people write (docs/spec/encoding.md, 6): printable ASCII as it is, but for the percent
 * sign; anything else percent-encoded.
 *
 * @throws {ProtocolError} `encoding.invalid` for half a surrogate pair.
 */
export function labelId(label: string): string {
  if (!label.isWellFormed())
    throw new ProtocolError('encoding.invalid', 'the label has half a surrogate pair')
  return label.replace(/[^\x20-\x24\x26-\x7e]+/g, (run) => encodeURIComponent(run))
}

/** What people read for a label in an entry. */
export function labelText(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

export const isLabelId = (value: string): boolean => LABEL.test(value)

const basisPoints = integer(0, 10_000)

export const charterSchema = object({
  kind: literal('classify'),
  labels: list(labelSchema, 2, 256),
  join: literal('open', 'invite'),
  imported: literal('accepted', 'review'),
  /** Reviews go in waves: `first` reviewers per item, then one more at a time where undecided, at most `most`. */
  reviews: object({ first: integer(1, 5), most: integer(1, 9), acceptPpm: integer(500_000, 1_000_000) }),
  recipe: record,
  /** K of KNN-Shapley. */
  neighbours: integer(1, 100),
  /** Rounds in the moving average of values. */
  averageRounds: integer(1, 16),
  holdOut: object({ shareBasisPoints: integer(1, 5_000), most: integer(1, 1_000) }),
  /** How sponsors' money is split; the parts sum to 10,000 basis points. */
  sponsors: object({ base: basisPoints, value: basisPoints, reviews: basisPoints, improvers: basisPoints }),
  /** A changed payout address takes effect this long after its event. */
  payToDelayMs: integer(0, 31_536_000_000),
  /** Time between posting a payout root and its activation, in which the guardian may veto. */
  activationDelaySeconds: integer(0, 31_536_000),
})

export type Charter = Infer<typeof charterSchema>

export const DEFAULT_CHARTER: Omit<Charter, 'labels' | 'recipe'> = {
  kind: 'classify',
  join: 'open',
  imported: 'review',
  reviews: { first: 2, most: 5, acceptPpm: 800_000 },
  neighbours: 10,
  averageRounds: 4,
  holdOut: { shareBasisPoints: 1_000, most: 1_000 },
  sponsors: { base: 3_500, value: 3_500, reviews: 2_000, improvers: 1_000 },
  payToDelayMs: 86_400_000,
  activationDelaySeconds: 86_400,
}

/** What a schema cannot say: labels in order and different, parts that sum to the whole. */
export function charterProblem(charter: Charter): string | undefined {
  const { labels, sponsors, reviews } = charter
  for (const label of labels) {
    // Else two ids could read the same: "%41" and "A".
    if (labelId(labelText(label)) !== label) return `the label "${label}" is not the id of its text`
  }
  for (let i = 1; i < labels.length; i++) {
    if (compareText(labels[i - 1] as string, labels[i] as string) >= 0) {
      return 'labels must be different and in ascending order'
    }
  }
  if (sponsors.base + sponsors.value + sponsors.reviews + sponsors.improvers !== 10_000) {
    return "the parts of sponsors' money must sum to 10,000 basis points"
  }
  return reviews.most < reviews.first ? 'reviews.most must be at least reviews.first' : undefined
}
