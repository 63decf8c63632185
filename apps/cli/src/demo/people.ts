/** The invented people of the demonstration and what they bring: read from the CSV files beside it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'

export type Kind = 'honest' | 'careless' | 'copier' | 'flipper' | 'junk' | 'organiser'

export type Person = {
  readonly handle: string
  readonly role: 'contributor' | 'reviewer' | 'organiser'
  /** Percent of answers that follow the truth where it is clear. */
  readonly care: number
  readonly kind: Kind
  readonly note: string
}

export type Request = {
  readonly id: string
  readonly round: number
  readonly author: string
  readonly lang: string
  readonly text: string
  readonly truth: string
  /** A second category that a careful reader could choose as well; empty where the request is clear. */
  readonly also: string
}

export type Cast = {
  readonly categories: readonly { readonly id: string; readonly name: string; readonly hint: string }[]
  readonly people: readonly Person[]
  readonly requests: readonly Request[]
  /** Questions whose answer the organiser commits before the round. */
  readonly gold: readonly Request[]
}

const folder = join(import.meta.dirname, '../../demo')

const table = (name: string): readonly Readonly<Record<string, string>>[] =>
  parse(readFileSync(join(folder, `${name}.csv`)), { columns: true, bom: true }) as Record<string, string>[]

const field = (row: Readonly<Record<string, string>>, name: string): string => {
  const value = row[name]
  if (value === undefined) throw new Error(`the demonstration's data lack the column ${name}`)
  return value
}

export function readCast(): Cast {
  const request = (
    row: Readonly<Record<string, string>>,
    author: string,
    truth: string,
    also: string,
  ): Request => ({
    id: field(row, 'id'),
    round: Number(field(row, 'round')),
    author,
    lang: field(row, 'lang'),
    text: field(row, 'text'),
    truth,
    also,
  })
  const people = table('members').map((row) => ({
    handle: field(row, 'handle'),
    role: field(row, 'role') as Person['role'],
    care: Number(field(row, 'care')),
    kind: field(row, 'kind') as Kind,
    note: field(row, 'note'),
  }))
  const organiser = people.find(({ role }) => role === 'organiser')?.handle ?? ''
  return {
    categories: table('categories').map((row) => ({
      id: field(row, 'id'),
      name: field(row, 'name'),
      hint: field(row, 'hint'),
    })),
    people,
    requests: table('requests').map((row) =>
      request(row, field(row, 'author'), field(row, 'truth'), field(row, 'also')),
    ),
    gold: table('gold').map((row) => request(row, organiser, field(row, 'label'), '')),
  }
}
