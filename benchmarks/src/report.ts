/** What a benchmark prints: one JSON document a line. */
import { loadavg } from 'node:os'

export type Peer = { readonly name: string; readonly version?: string; readonly value: number }

export type Row = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Measured beside ours in the same invocation, in the same unit; a text when it is missing here or there is none. */
  readonly peer: Peer | string
  /** How many times as fast as the peer (or as accurate, as small); above 1, ours is better. */
  readonly ratio: number | null
  /** One-minute load average when the program started: above the number of cores, others were computing too. */
  readonly load: number
  readonly note?: string
}

export type Measured = {
  readonly name: string
  /** One for each repetition: the median is reported. */
  readonly values: readonly number[]
  readonly unit: string
  /** Whether a smaller value is better (seconds) or a larger one (rates). */
  readonly better: 'smaller' | 'larger'
  readonly note?: string
}

export type Benchmark = {
  readonly name: string
  readonly summary: string
  readonly run: () => AsyncIterable<Row>
}

const DIGITS = 4
const LOAD = round(loadavg()[0] ?? 0)

export const NO_PEER = 'none: a target of our own'

export function row({ name, values, unit, better, note }: Measured, peer: Peer | string = NO_PEER): Row {
  const value = round(median(values))
  return {
    name,
    value,
    unit,
    peer: typeof peer === 'string' ? peer : { ...peer, value: round(peer.value) },
    ratio:
      typeof peer === 'string' ? null : round(better === 'smaller' ? peer.value / value : value / peer.value),
    load: LOAD,
    ...(note === undefined ? {} : { note }),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2
}

function round(value: number): number {
  return Number(value.toPrecision(DIGITS))
}
