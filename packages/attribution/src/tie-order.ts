import { compareText, type Digest, taggedHash } from '@commonhold/protocol'

/**
 * The order that breaks ties for a whole round: ascending taggedHash("attribution-tie", seed, id). Nobody can choose an id
 * for its place in it, because the seed is unknown until submissions close. One order for the round lets the points that
 * share no term with a hold-out item, all tied at cosine 0, be sorted once instead of once for each.
 *
 * @returns indexes into `ids`; equal ids keep their order.
 */
export function tieOrder(ids: readonly Digest[], seed: Digest): Uint32Array {
  const hashes = ids.map((id) => taggedHash('attribution-tie', seed, id))
  return Uint32Array.from(hashes.keys()).sort(
    (a, b) => compareText(hashes[a] as string, hashes[b] as string) || a - b,
  )
}
