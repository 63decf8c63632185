import { imul } from '@commonhold/protocol'

const EMPTY = -1

export type TermTable = {
  readonly size: number
  /** The term's number in [0, size), in order of first appearance, or -1. */
  readonly slot: (term: number) => number
}

/** Numbers the distinct terms of `lists`. Open addressing: a third of the time of a Map over tens of millions of look-ups. */
export function termTable(lists: readonly Uint32Array[]): TermTable {
  let most = 0
  for (const list of lists) most += list.length
  let bits = 1
  while (1 << bits < 2 * most && bits < 30) bits++
  const mask = (1 << bits) - 1
  const terms = new Uint32Array(mask + 1)
  const slots = new Int32Array(mask + 1).fill(EMPTY)
  const find = (term: number): number => {
    let at = (imul(term, 0x9e3779b1) >>> (32 - bits)) & mask
    while ((slots[at] as number) !== EMPTY && (terms[at] as number) !== term) at = (at + 1) & mask
    return at
  }
  let size = 0
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const at = find(list[i] as number)
      if ((slots[at] as number) !== EMPTY) continue
      terms[at] = list[i] as number
      slots[at] = size++
    }
  }
  return { size, slot: (term) => slots[find(term)] as number }
}
