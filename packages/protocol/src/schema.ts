/**
 * A small strict schema for values decoded from outside: every shape says what it accepts, unknown fields are refused,
 * and a refusal names the field. Untrusted input yields a value of the stated type or a ProtocolError, nothing else.
 */
import type { Canonical } from './canonical.ts'
import { ProtocolError } from './errors.ts'

export type Schema<T> = (value: unknown, path: string) => T
export type Infer<S> = S extends Schema<infer T> ? T : never

const refuse = (path: string, expected: string): ProtocolError =>
  new ProtocolError('event.invalid', `${path}: expected ${expected}`, { field: path })

export const text =
  <T extends string = string>(pattern: RegExp, expected: string): Schema<T> =>
  (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw refuse(path, expected)
    return value as T
  }

export const literal =
  <const T extends string | number>(...allowed: readonly T[]): Schema<T> =>
  (value, path) => {
    if (!allowed.includes(value as T)) throw refuse(path, allowed.join(' or '))
    return value as T
  }

export const integer =
  <T extends number = number>(least: number, most: number): Schema<T> =>
  (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
      throw refuse(path, `an integer from ${least} to ${most}`)
    }
    return value as T
  }

export const flag: Schema<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw refuse(path, 'true or false')
  return value
}

export const list =
  <T>(element: Schema<T>, least: number, most: number): Schema<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      throw refuse(path, `a list of ${least} to ${most}`)
    }
    return value.map((one, i) => element(one, `${path}[${i}]`))
  }

/** Any canonical object: for parameters that a later room interprets. */
export const record: Schema<{ readonly [key: string]: Canonical }> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(path, 'an object')
  return value as { readonly [key: string]: Canonical }
}

type Fields = Readonly<Record<string, Schema<unknown>>>
type Required<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> }
type Optional<F extends Fields> = { readonly [K in keyof F]?: Infer<F[K]> }
type Flatten<T> = { readonly [K in keyof T]: T[K] }

/** An object with exactly these fields; those in `optional` may be absent. */
export const object =
  <R extends Fields, O extends Fields = Record<never, never>>(
    required: R,
    optional?: O,
  ): Schema<Flatten<Required<R> & Optional<O>>> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(path, 'an object')
    const given = value as Readonly<Record<string, unknown>>
    const result: Record<string, unknown> = {}
    for (const name of Object.keys(given)) {
      const schema = Object.hasOwn(required, name)
        ? required[name]
        : optional !== undefined && Object.hasOwn(optional, name)
          ? optional[name]
          : undefined
      if (schema === undefined) throw refuse(`${path}.${name}`, 'no such field')
      result[name] = schema(given[name], `${path}.${name}`)
    }
    for (const name of Object.keys(required)) {
      if (!Object.hasOwn(given, name)) throw refuse(`${path}.${name}`, 'a value')
    }
    return result as Flatten<Required<R> & Optional<O>>
  }
