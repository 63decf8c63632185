import type { Conflict } from './points.ts'

/**
 * For each hold-out owner the positions that earn nothing from that owner's items. Asks `conflict` once for each pair of
 * owners, remembers the owners rather than the positions (one family may own most of both sides), and lists the positions
 * anew when the hold-out owner changes.
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
  const conflicting = new Map<number, readonly (readonly number[])[]>()
  let current: { readonly owner: number; readonly excluded: Uint32Array } | undefined
  return (holdOutOwner) => {
    if (current?.owner === holdOutOwner) return current.excluded
    let lists = conflicting.get(holdOutOwner)
    if (lists === undefined) {
      lists = groups.filter(([owner]) => conflict(owner, holdOutOwner)).map(([, own]) => own)
      conflicting.set(holdOutOwner, lists)
    }
    current = { owner: holdOutOwner, excluded: Uint32Array.from(lists.flat()) }
    return current.excluded
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
