import type { Conflict } from '../../src/index.ts'

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
