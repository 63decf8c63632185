/** Whether code on a chain is one of our contracts: equal to the compiled one but for its immutables. */
import {
  logAnchorImmutables,
  logAnchorRuntimeBytecode,
  payoutPoolImmutables,
  payoutPoolRuntimeBytecode,
  practiceDollarImmutables,
  practiceDollarRuntimeBytecode,
  sharesImmutables,
  sharesRuntimeBytecode,
} from '@commonhold/contracts'
import type { Hex } from 'viem'

type Immutables = Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>

const matcher = (compiled: Hex, immutables: Immutables) => {
  const places = Object.values(immutables).flat()
  return (code: Hex): boolean => blank(code, places) === blank(compiled, places)
}

function blank(code: Hex, places: readonly { readonly start: number; readonly length: number }[]): string {
  let text = code.toLowerCase()
  for (const { start, length } of places) {
    const [from, to] = [2 + 2 * start, 2 + 2 * (start + length)]
    text = text.slice(0, from) + '0'.repeat(to - from) + text.slice(to)
  }
  return text
}

export const isPool = matcher(payoutPoolRuntimeBytecode, payoutPoolImmutables)
export const isShares = matcher(sharesRuntimeBytecode, sharesImmutables)
export const isAnchor = matcher(logAnchorRuntimeBytecode, logAnchorImmutables)
export const isPracticeDollar = matcher(practiceDollarRuntimeBytecode, practiceDollarImmutables)
