// Writes src/log-tables.gen.ts with integer arithmetic only, so that the tables are the same wherever they are made:
// `node packages/review/tools/log-tables.ts`. The test makes them again and compares bytes.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PRECISION = 128n
const ONE = 1n << PRECISION
const STEPS = 1024
const FILE = fileURLToPath(new URL('../src/log-tables.gen.ts', import.meta.url))

/** The nearest integer to `value` * 2^`bits`, `value` having 128 fractional bits. */
const roundTo = (value: bigint, bits: bigint): bigint => {
  const drop = PRECISION - bits
  return (value + (1n << (drop - 1n))) >> drop
}

/** log2 of a number in [1, 2) with 128 fractional bits: squaring doubles the logarithm and shifts out one bit of it. */
function log2(value: bigint): bigint {
  let x = value
  let result = 0n
  for (let bit = 1n; bit <= 64n; bit++) {
    x = (x * x) >> PRECISION
    if (x >= 2n * ONE) {
      x >>= 1n
      result += ONE >> bit
    }
  }
  return result
}

function squareRoot(value: bigint): bigint {
  let x = value
  for (;;) {
    const next = (x + value / x) >> 1n
    if (next >= x) return x
    x = next
  }
}

function log2Table(): bigint[] {
  const table: bigint[] = []
  for (let i = 0; i < STEPS; i++) table.push(roundTo(log2(ONE + (ONE * BigInt(i)) / BigInt(STEPS)), 20n))
  return [...table, 1n << 20n]
}

/** Powers of the 1024th root of 1/2, which is ten square roots of it. */
function exp2Table(): bigint[] {
  let root = ONE >> 1n
  for (let i = 0; i < 10; i++) root = squareRoot(root << PRECISION)
  const table: bigint[] = []
  for (let i = 0, power = ONE; i <= STEPS; i++, power = (power * root) >> PRECISION) {
    table.push(roundTo(power, 30n))
  }
  return table
}

function rows(values: readonly bigint[]): string {
  const lines: string[] = []
  for (let i = 0; i < values.length; i += 12) lines.push(`  ${values.slice(i, i + 12).join(', ')},`)
  return lines.join('\n')
}

export const logTables = (): string => `// Made by packages/review/tools/log-tables.ts. Do not edit.
/** round(2^20 log2(1 + i / 1024)) for i = 0 .. 1024. */
export const LOG2_Q20: Int32Array = Int32Array.of(
${rows(log2Table())}
)

/** round(2^30 2^(-i / 1024)) for i = 0 .. 1024. */
export const EXP2_Q30: Int32Array = Int32Array.of(
${rows(exp2Table())}
)
`

if (import.meta.main) writeFileSync(FILE, logTables())
