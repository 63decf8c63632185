import { compareText, type Digest, encodeCanonical, taggedHash } from '@commonhold/protocol'

/**
 * What round.closed commits to: taggedHash("attribution", canonical [[id, value], ...]), ids ascending, values as decimal
 * strings. The order in which the map was filled does not matter.
 */
export function attributionRoot(values: ReadonlyMap<Digest, bigint>): Digest {
  const rows = Array.from(values, ([id, value]) => [id, value.toString()] as const)
  rows.sort(([a], [b]) => compareText(a, b))
  return taggedHash('attribution', encodeCanonical(rows))
}
