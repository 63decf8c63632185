/** How figures are written for people. */
import { wilson } from '@commonhold/learning'
import { labelText } from '@commonhold/protocol'
import { oneLine } from './printable.ts'

/** Both the practice dollar and the usual stablecoins have six decimals. */
const DECIMALS = 6

/** 1234567890n -> "1,234.57": rounded down, so that nobody is shown more than there is. */
export function money(amount: bigint): string {
  const cents = amount / 10n ** BigInt(DECIMALS - 2)
  const sign = cents < 0n ? '-' : ''
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  return `${sign}${thousands(digits.slice(0, -2))}.${digits.slice(-2)}`
}

/** Exactly: "1234.567890". */
export const exactMoney = (amount: bigint): string => {
  const digits = amount.toString().padStart(DECIMALS + 1, '0')
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`
}

export const thousands = (digits: string | number): string => String(digits).replace(/\B(?=(\d{3})+$)/g, ',')

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`

/** "65.1 % (50.2-77.6)": with the 95 % interval after Wilson. */
export function percentWithInterval(correct: number, total: number): string {
  if (total === 0) return '-'
  const { lowPpm, highPpm } = wilson(correct, total)
  return `${percent(correct, total)} (${(lowPpm / 10_000).toFixed(0)}-${(highPpm / 10_000).toFixed(0)})`
}

export const seconds = (value: number): string => `${value.toFixed(1)} s`
export const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`

/** Enough of a hash to recognise it. */
export const short = (hash: string): string => `${hash.slice(0, hash.startsWith('0x') ? 10 : 8)}…`

/** A label as people wrote it, on one line. */
export const labelName = (id: string): string => oneLine(labelText(id))

/** The beginning of a text on one line. */
export function excerpt(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`
}

export type Column = { readonly title: string; readonly right?: boolean }

/** A table with aligned columns and a line under its titles. A cell is one line, whatever it holds. */
export function table(columns: readonly Column[], content: readonly (readonly string[])[]): string {
  const rows = content.map((cells) => cells.map(oneLine))
  const widths = columns.map(({ title }, i) =>
    Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const gap = ' '.repeat((widths[i] ?? 0) - width(cell))
        return columns[i]?.right === true ? gap + cell : cell + gap
      })
      .join('  ')
      .trimEnd()
  return [
    line(columns.map(({ title }) => title)),
    widths.map((w) => '─'.repeat(w)).join('  '),
    ...rows.map(line),
  ].join('\n')
}

/** Code points: close enough for the scripts that a terminal aligns. */
const width = (text: string): number => Array.from(text).length
