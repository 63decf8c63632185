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

/**
 * The rule of docs/spec/attribution.md (Exclusion): two members conflict when one is the other or invited the other, over
 * any number of steps.
 *
 * @param inviters - `inviters[m]` is who invited member m, or -1; chains end.
 */
export function inviteConflict(inviters: readonly number[]): Conflict {
  const isAbove = (upper: number, lower: number): boolean => {
    let steps = 0
    for (let member = lower; member >= 0; member = inviters[member] ?? -1) {
      if (member === upper) return true
      if (++steps > inviters.length) throw new Error('the invitations form a ring')
    }
    return false
  }
  return (trainOwner, holdOutOwner) => isAbove(trainOwner, holdOutOwner) || isAbove(holdOutOwner, trainOwner)
}
