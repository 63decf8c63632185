/** Word split and case folding by one pinned table (docs/spec/learning.md, Terms): the same in every engine. */
import { CLASS_RUNS, FOLD_RUNS } from './unicode.gen.ts'

const WORD = 1
const IGNORED = 2
const PLANE = 0x10000

type Runs = { readonly starts: Uint32Array; readonly ends: Uint32Array; readonly values: Int32Array }

const numbers = (text: string): readonly number[] =>
  text.split(' ').map((digits) => Number.parseInt(digits, 36))

function classRuns(): Runs {
  const table = numbers(CLASS_RUNS)
  const size = table.length / 3
  const runs = { starts: new Uint32Array(size), ends: new Uint32Array(size), values: new Int32Array(size) }
  let at = 0
  for (let i = 0; i < size; i++) {
    runs.starts[i] = at + (table[3 * i] as number)
    at = (runs.starts[i] as number) + (table[3 * i + 1] as number)
    runs.ends[i] = at
    runs.values[i] = table[3 * i + 2] as number
  }
  return runs
}

function folding(): ReadonlyMap<number, number> {
  const table = numbers(FOLD_RUNS)
  const folds = new Map<number, number>()
  let at = 0
  for (let i = 0; i < table.length; i += 4) {
    at += table[i] as number
    for (let n = 0; n < (table[i + 1] as number); n++) {
      folds.set(at, at + (table[i + 3] as number))
      at += table[i + 2] as number
    }
  }
  return folds
}

const CLASSES = classRuns()
const FOLDS = folding()

/** For the basic plane: the folded code point of a word character, -1 for what is ignored, 0 for a separator. */
const BASIC = basicPlane()

function basicPlane(): Int32Array {
  const plane = new Int32Array(PLANE)
  for (let run = 0; run < CLASSES.starts.length; run++) {
    const start = CLASSES.starts[run] as number
    const end = CLASSES.ends[run] as number
    for (let c = start; c < end && c < PLANE; c++) plane[c] = folded(c, CLASSES.values[run] as number)
  }
  return plane
}

function folded(codePoint: number, kind: number): number {
  if (kind === WORD) return FOLDS.get(codePoint) ?? codePoint
  return kind === IGNORED ? -1 : 0
}

function beyondBasic(codePoint: number): number {
  let low = 0
  let high = CLASSES.starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((CLASSES.ends[middle] as number) <= codePoint) low = middle + 1
    else high = middle
  }
  if (low === CLASSES.starts.length || codePoint < (CLASSES.starts[low] as number)) return 0
  return folded(codePoint, CLASSES.values[low] as number)
}

/** @returns the folded code point (> 0) of a word character, -1 for an ignored one, 0 for a separator. */
export const foldCodePoint = (codePoint: number): number =>
  codePoint < PLANE ? (BASIC[codePoint] as number) : beyondBasic(codePoint)

/** The words of a text: runs of letters, digits and marks, case folded. */
export function words(text: string): readonly string[] {
  const found: string[] = []
  let word = ''
  for (const character of text) {
    const code = foldCodePoint(character.codePointAt(0) as number)
    if (code > 0) word += String.fromCodePoint(code)
    else if (code === 0 && word !== '') {
      found.push(word)
      word = ''
    }
  }
  if (word !== '') found.push(word)
  return found
}
