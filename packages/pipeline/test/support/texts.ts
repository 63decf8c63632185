// Different texts about a few matters: eight words drawn by a hash, six of them of the label's own.
import { taggedHash } from '@commonhold/protocol'

const WORDS: Readonly<Record<string, string>> = {
  heat: 'radiator cold boiler thermostat warm heating pipe draught chilly lukewarm valve bleed steam oven winter',
  keys: 'lock key door fob entrance locked spare cylinder latch hinge mailbox code lost badge handle',
  noise:
    'loud music drilling neighbour barking party night sleep banging shouting piano drum echo wall quiet',
}
const COMMON = 'please today again since monday help building floor'

export const LABELS = Object.keys(WORDS).sort()

const pick = (from: readonly string[], ...parts: readonly string[]): string =>
  from[Number.parseInt(taggedHash('test-text', ...parts).slice(0, 6), 16) % from.length] as string

/** The `i`th text about `label`; `series` tells families of texts apart. */
export function textAbout(label: string, i: number, series = ''): string {
  const words = new Set<string>()
  const own = (WORDS[label] as string).split(' ')
  for (let k = 0; words.size < 6; k++) words.add(pick(own, label, String(i), series, String(k)))
  for (let k = 0; words.size < 8; k++)
    words.add(pick(COMMON.split(' '), label, String(i), series, 'c', String(k)))
  return Array.from(words).join(' ')
}
