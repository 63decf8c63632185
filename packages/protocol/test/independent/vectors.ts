/**
 * Makes the vectors of vectors/protocol without any code of the project: Node's crypto, and RFC 8785 as the package
 * `canonicalize` has it. To write them anew: node packages/protocol/test/independent/vectors.ts. Signatures are random.
 */
import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import canonicalize from 'canonicalize'
import { brokenEntries } from './broken-entries.ts'
import { type Payload, payloads } from './payloads.ts'

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')

function tagged(purpose: string, ...parts: readonly (string | Buffer)[]): string {
  const framed = parts.flatMap((part) => {
    const bytes = Buffer.from(part as string)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  return sha256(`commonhold-${purpose}/v1\n`, ...framed).toString('hex')
}

type Key = { readonly id: string; readonly secret: KeyObject }

function keyOf(name: string): Key {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(sha256(`test key ${name}`))
  const open = ecdh.getPublicKey()
  const secret = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: ecdh.getPrivateKey().toString('base64url'),
      x: open.subarray(1, 33).toString('base64url'),
      y: open.subarray(33).toString('base64url'),
    },
  })
  return { id: ecdh.getPublicKey('base64url', 'compressed'), secret }
}

function signLowS({ secret }: Key, message: Buffer): Buffer {
  const signature = sign('sha256', message, { key: secret, dsaEncoding: 'ieee-p1363' })
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  if (s <= ORDER / 2n) return signature
  return Buffer.concat([signature.subarray(0, 32), bytesOf((ORDER - s).toString(16).padStart(64, '0'))])
}

const jcs = (value: unknown): string => canonicalize(value) as string
const eventId = (payload: Payload): string => sha256('commonhold-event/v1\n', jcs(payload)).toString('hex')

function entryOf(key: Key, events: readonly Payload[], at: number) {
  const ids = events.map(eventId)
  const message = Buffer.concat([Buffer.from('commonhold-envelope/v1\n'), ...ids.map(bytesOf)])
  const sig = signLowS(key, message).toString('base64url')
  return { ids, message: message.toString('hex'), entry: jcs({ at, events, key: key.id, sig }) }
}

const founder = keyOf('founder')
const node = keyOf('node')
const member = keyOf('member')
const founding = payloads.founding(founder.id, node.id)
const community = eventId(founding)
const memberIdOf = (key: Key): string => tagged('member', bytesOf(community), key.id)
const file = sha256('a file').toString('hex')
const content = sha256('0123456789abcdefthe salted text').toString('hex')
const salt = '00112233445566778899aabbccddeeff'
const unclaimed = tagged('unclaimed', bytesOf(community), bytesOf(file), bytesOf(content))
const gold = tagged('gold', bytesOf(community), '1', bytesOf(content), 'plumbing', salt)
const all: readonly Payload[] = [
  founding,
  ...payloads.others({
    community,
    founder: memberIdOf(founder),
    member: memberIdOf(member),
    memberKey: member.id,
    spareKey: keyOf('spare').id,
    invite: tagged('invite', salt),
    file,
    content,
    unclaimed,
    gold,
    salt,
  }),
]
const historyOf = (ids: readonly string[]): string =>
  ids.reduce((before, id) => tagged('history', bytesOf(before), bytesOf(id)), '00'.repeat(32))

export const hashes = {
  about: 'taggedHash: docs/spec/encoding.md, 2. A part is text (UTF-8) or bytes in hex.',
  hashes: [
    { purpose: 'empty', parts: [], digest: tagged('empty') },
    { purpose: 'test', parts: [{ text: '' }], digest: tagged('test', '') },
    { purpose: 'test', parts: [{ text: 'ab' }, { text: 'c' }], digest: tagged('test', 'ab', 'c') },
    { purpose: 'test', parts: [{ text: 'a' }, { text: 'bc' }], digest: tagged('test', 'a', 'bc') },
    { purpose: 'test', parts: [{ hex: '00ff0a' }], digest: tagged('test', bytesOf('00ff0a')) },
    { purpose: 'test', parts: [{ text: 'żółw' }], digest: tagged('test', 'żółw') },
    {
      purpose: 'long',
      parts: [{ text: 'x'.repeat(300) }, { hex: '61'.repeat(70) }],
      digest: tagged('long', 'x'.repeat(300), bytesOf('61'.repeat(70))),
    },
  ],
}
export const ids = {
  about: 'Digests that events derive: docs/spec/encoding.md, 3 and 6, docs/spec/events.md, 1.',
  events: all.map((payload) => ({ type: payload['type'], payload: jcs(payload), id: eventId(payload) })),
  members: [founder, member].map((key) => ({ community, firstKey: key.id, member: memberIdOf(key) })),
  unclaimed: [{ community, file, name: content, member: unclaimed }],
  invites: [{ secret: salt, digest: tagged('invite', salt) }],
  gold: [{ community, round: 1, content, label: 'plumbing', salt, commitment: gold }],
  histories: [0, 1, 2, 5].map((count) => ({
    ids: all.slice(0, count).map(eventId),
    history: historyOf(all.slice(0, count).map(eventId)),
  })),
  seeds: ['assignment', 'round'].map((purpose) => ({
    purpose,
    community,
    round: 12,
    history: historyOf(all.map(eventId)),
    seed: tagged('seed', purpose, bytesOf(community), '12', bytesOf(historyOf(all.map(eventId)))),
  })),
  labels: [
    { text: 'plumbing', id: 'plumbing' },
    { text: 'two words', id: 'two words' },
    { text: '100%', id: '100%25' },
    { text: 'calefacción', id: 'calefacci%C3%B3n' },
    { text: 'مياه', id: '%D9%85%D9%8A%D8%A7%D9%87' },
    { text: '🔧', id: '%F0%9F%94%A7' },
    { text: 'a\tb', id: 'a%09b' },
  ],
}
const valid = [
  { name: 'the founding event', ...entryOf(founder, [founding], 0) },
  {
    name: 'one contribution',
    ...entryOf(
      member,
      all.filter(({ type }) => type === 'contribution.submitted'),
      1,
    ),
  },
  {
    name: 'every type that a member sends, as one envelope',
    ...entryOf(
      member,
      all.filter((payload) => 'member' in payload),
      8_640_000_000_000_000,
    ),
  },
  ...all
    .filter((payload) => 'index' in payload)
    .map((payload) => ({
      name: `${payload['type']} of the node`,
      ...entryOf(node, [payload], 1_700_000_000_000),
    })),
]
const one = JSON.parse((valid[1] as (typeof valid)[number]).entry) as Payload
export const entries = {
  about: 'Entries byte by byte: docs/spec/encoding.md, 4 and 5. Keys: scalar sha256("test key <name>").',
  valid,
  invalid: brokenEntries(one, jcs),
}

if (import.meta.main) {
  for (const [name, content] of Object.entries({ hashes, ids, entries })) {
    const path = join(import.meta.dirname, '../../../../vectors/protocol', `${name}.json`)
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
  }
}
