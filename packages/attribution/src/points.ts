import type { SparseVector } from '@commonhold/kernels'
import type { Digest } from '@commonhold/protocol'

/** One example: its valuation vector (which never saw `label`), its label's number and its owner's number. */
export type TrainPoint = {
  readonly id: Digest
  readonly vector: SparseVector
  readonly label: number
  readonly owner: number
}
export type HoldOutPoint = TrainPoint

/** Whether a train item of `trainOwner` earns nothing from a hold-out item of `holdOutOwner`. */
export type Conflict = (trainOwner: number, holdOutOwner: number) => boolean

/** The spec's rule for whoever has no invite tree: nobody earns from their own hold-out items. */
export const ownItems: Conflict = (trainOwner, holdOutOwner) => trainOwner === holdOutOwner

/** @throws {Error} unless every label is a 32-bit integer. */
export function labelsOf(points: readonly { readonly label: number }[]): Int32Array {
  return Int32Array.from(points, ({ label }) => {
    if ((label | 0) !== label) throw new Error('a label is the number of a class')
    return label
  })
}
