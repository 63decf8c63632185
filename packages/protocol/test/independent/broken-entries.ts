/** What is wrong with an entry, one fault each, with the code by which it is refused. */
import type { Payload } from './payloads.ts'

/** The bytes are `hex`, then `tail.hex` so many times. */
export type Broken = {
  readonly name: string
  readonly hex: string
  readonly tail?: { readonly hex: string; readonly times: number }
  readonly code: string
}

const hex = (text: string): string => Buffer.from(text).toString('hex')

/** @param entry a valid one with one contribution. */
export function brokenEntries(entry: Payload, jcs: (value: unknown) => string): readonly Broken[] {
  const text = jcs(entry)
  const event = (entry['events'] as readonly Payload[])[0] as Payload
  const withEvent = (change: Payload): string => jcs({ ...entry, events: [{ ...event, ...change }] })
  const without = (name: string): string =>
    jcs({ ...entry, events: [Object.fromEntries(Object.entries(event).filter(([key]) => key !== name))] })
  const encodings: Readonly<Record<string, string>> = {
    'not JSON': text.slice(0, -1),
    nothing: '',
    'white space': text.replace(',', ', '),
    'a newline at the end': `${text}\n`,
    'a byte order mark': `\ufeff${text}`,
    'keys in another order': text.replace(/^\{("at":1),(.*)\}$/, '{$2,$1}'),
    'a key twice': text.replace('"at":1', '"at":1,"at":1'),
    'a key twice, deep': text.replace('"v":1', '"v":1,"v":1'),
    '1.0 for 1': text.replace('"at":1', '"at":1.0'),
    '1e0 for 1': text.replace('"at":1', '"at":1e0'),
    '-0 for 0': text.replace('"at":1', '"at":-0'),
    '2^53 + 1': text.replace('"at":1', '"at":9007199254740993'),
    '2^53': text.replace('"at":1', '"at":9007199254740992'),
    'a fraction': text.replace('"at":1', '"at":1.5'),
    'an escaped letter': text.replace('heating', '\\u0068eating'),
    'an escaped slash': text.replace('heating', '\\/'),
    'a letter that is not ASCII': text.replace('heating', 'heatíng'),
    'a control character': text.replace('heating', '\\t'),
    'a delete character': text.replace('heating', '\x7f'),
    'nested too deep': text.replace('"at":1', `"at":${'['.repeat(17)}${']'.repeat(17)}`),
    'a signature with set spare bits': text.replace(/"sig":"(.*).."/, '"sig":"$1AB"'),
    'a signature with padding': text.replace(/("sig":".*)"/, '$1=="'),
  }
  const shapes: Readonly<Record<string, string>> = {
    'a list': '[]',
    null: 'null',
    'a number': '1',
    'an unknown field of the entry': jcs({ ...entry, more: 1 }),
    'no events': jcs({ ...entry, events: [] }),
    '257 events': jcs({ ...entry, events: Array.from({ length: 257 }, () => 0) }),
    'events as an object': jcs({ ...entry, events: {} }),
    'a negative time': jcs({ ...entry, at: -1 }),
    'a time as text': jcs({ ...entry, at: '1' }),
    'a time after the year 275760': jcs({ ...entry, at: 8_640_000_000_000_001 }),
    'no signature': jcs({ ...entry, sig: undefined }),
    'a short signature': jcs({ ...entry, sig: 'AAAA' }),
    'a key that is not compressed': jcs({ ...entry, key: `B${(entry['key'] as string).slice(1)}` }),
    'an unknown type': withEvent({ type: 'contribution.wished' }),
    'a type of every object': withEvent({ type: 'toString' }),
    'no type': without('type'),
    'another version': withEvent({ v: 2 }),
    'an unknown field': withEvent({ price: 1 }),
    'a field called __proto__': jcs(entry).replace('"addenda"', '"__proto__":{},"addenda"'),
    'a field missing': without('label'),
    'an optional field that is null': withEvent({ lang: null }),
    'a digest in capitals': withEvent({ content: 'AB'.repeat(32) }),
    'a digest cut short': withEvent({ content: 'ab'.repeat(31) }),
    'a nonce that is too long': withEvent({ nonce: '0'.repeat(33) }),
    'a label with a space before it': withEvent({ label: ' heating' }),
    'an empty label': withEvent({ label: '' }),
    'a label of 101 characters': withEvent({ label: 'x'.repeat(101) }),
    'nine addenda': withEvent({ addenda: Array.from({ length: 9 }, () => '0'.repeat(64)) }),
    'an index beside the nonce': withEvent({ index: 1 }),
    'a language that is none': withEvent({ lang: 'EN' }),
  }
  const list = (code: string, cases: Readonly<Record<string, string>>): Broken[] =>
    Object.entries(cases).map(([name, bytes]) => ({ name, hex: hex(bytes), code }))
  return [
    ...list('encoding.invalid', encodings),
    {
      name: 'bytes that are not UTF-8',
      hex: hex(text).replace(hex('heating'), 'ff'),
      code: 'encoding.invalid',
    },
    { name: 'an overlong slash', hex: hex(text).replace(hex('heating'), 'c0af'), code: 'encoding.invalid' },
    { name: '60,000 brackets', hex: '', tail: { hex: '5b', times: 60_000 }, code: 'encoding.invalid' },
    ...list('event.invalid', shapes),
    { name: '60,001 bytes', hex: '', tail: { hex: '20', times: 60_001 }, code: 'entry.too_large' },
  ]
}
