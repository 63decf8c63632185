/** Where two values differ first, and what stands there on either side. */

export type Place = { readonly where: string; readonly expected: string; readonly found: string }

const SHOWN = 200

/** A value in one line, cut where it is long. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text =
    typeof value === 'string' ? value : typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${text.length} characters)`
}

/**
 * Walks as deep as `expected` is, which is our own; `found` may be anything that JSON holds.
 *
 * @param where the path of both values, for example `round 1, totals`.
 */
export function firstDifference(expected: unknown, found: unknown, where: string): Place | undefined {
  if (expected === found) return undefined
  if (Array.isArray(expected) && Array.isArray(found)) return inList(expected, found, where)
  if (isObject(expected) && isObject(found)) return inObject(expected, found, where)
  return { where, expected: show(expected), found: show(found) }
}

function inList(expected: readonly unknown[], found: readonly unknown[], where: string): Place | undefined {
  const shared = expected.length < found.length ? expected.length : found.length
  for (let i = 0; i < shared; i++) {
    const place = firstDifference(expected[i], found[i], `${where}[${i}]`)
    if (place !== undefined) return place
  }
  if (expected.length === found.length) return undefined
  return { where: `${where}.length`, expected: show(expected.length), found: show(found.length) }
}

type Fields = Readonly<Record<string, unknown>>

function inObject(expected: Fields, found: Fields, where: string): Place | undefined {
  for (const name of Object.keys(expected)) {
    const value = Object.hasOwn(found, name) ? found[name] : undefined
    const place = firstDifference(expected[name], value, `${where}.${name}`)
    if (place !== undefined) return place
  }
  for (const name of Object.keys(found)) {
    if (Object.hasOwn(expected, name) && expected[name] !== undefined) continue
    return { where: `${where}.${name}`, expected: 'no such field', found: show(found[name]) }
  }
  return undefined
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
