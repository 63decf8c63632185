// Texts of eight words, six of them of their label, as a table.
import { createHash } from 'node:crypto'

const WORDS: Readonly<Record<string, string>> = {
  heat: 'radiator cold boiler thermostat warm heating pipe draught chilly lukewarm valve bleed steam oven winter',
  keys: 'lock key door fob entrance locked spare cylinder latch hinge mailbox code lost badge handle',
  noise:
    'loud music drilling neighbour barking party night sleep banging shouting piano drum echo wall quiet',
}
const COMMON = 'please today again since monday help building floor'
const LABELS = Object.keys(WORDS)

const ticket = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join(' ')).digest('hex')

const draw = (words: string, count: number, ...purpose: readonly string[]): readonly string[] =>
  words
    .split(' ')
    .map((word) => ({ word, at: ticket(word, ...purpose) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, count)
    .map(({ word }) => word)

/** CSV with the columns text, label and author; labels by turns, authors by turns of three rows. */
export function labelledTexts(name: string, count: number, authors: readonly string[] = []): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const label = LABELS[i % LABELS.length] as string
    const text = [...draw(WORDS[label] as string, 6, name, String(i)), ...draw(COMMON, 2, name, String(i))]
    return `${text.join(' ')},${label},${authors[Math.floor(i / 3) % authors.length] ?? ''}\n`
  })
  return `text,label,author\n${rows.join('')}`
}
