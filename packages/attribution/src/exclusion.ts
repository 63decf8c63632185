import type { Conflict } from './points.ts'

/**
 * The positions that earn nothing from a hold-out owner's items. The last owner's are kept: asked owner by owner, `conflict`
 * is called once for each pair, and memory stays that of one list even if one family owns most of both sides.
 */
export function exclusions(
  owners: readonly number[],
  conflict: Conflict,
): (holdOutOwner: number) => Uint32Array {
  const positions = new Map<number, number[]>()
  owners.forEach((owner, position) => {
    const own = positions.get(owner)
    if (own === undefined) positions.set(owner, [position])
    else own.push(position)
  })
  const groups = Array.from(positions)
  let last: { readonly owner: number; readonly excluded: Uint32Array } | undefined
  return (holdOutOwner) => {
    if (last?.owner !== holdOutOwner) {
      const conflicting = groups.filter(([owner]) => conflict(owner, holdOutOwner))
      const excluded = Uint32Array.from(conflicting.flatMap(([, own]) => own))
      last = { owner: holdOutOwner, excluded }
    }
    return last.excluded
  }
}
