// Writes vectors/tlog and vectors/addenda (then `npm run format`) from the slow reference of the tests and node:crypto, never from src.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { p256 } from '@noble/curves/nist.js'
import {
  naiveConsistency,
  naiveFiles,
  naiveLeaf,
  naiveNode,
  naivePath,
  naiveRoot,
  sha256,
  testEntries,
} from '../test/support/reference.ts'

const root = join(import.meta.dirname, '../../../vectors')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const write = (name: string, value: unknown): void =>
  writeFileSync(join(root, name), `${JSON.stringify(value, null, 1)}\n`)

const leaves = testEntries(1_500).map(naiveLeaf)
const at = (size: number): Buffer[] => leaves.slice(0, size)
const pairs = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 7],
  [6, 7],
  [8, 15],
  [255, 256],
  [0, 257],
  [256, 257],
  [256, 512],
  [511, 513],
  [777, 1_024],
  [768, 1_300],
  [1_299, 1_300],
] as const

mkdirSync(join(root, 'tlog'), { recursive: true })
mkdirSync(join(root, 'addenda'), { recursive: true })

write('tlog/tree.json', {
  about: 'RFC 6962 over the ASCII entries "entry 0", "entry 1", ...; hashes in hex. docs/spec/log.md, 1.',
  leaf0: hex(leaves[0]!),
  node01: hex(naiveNode(leaves[0]!, leaves[1]!)),
  roots: [0, 1, 2, 3, 5, 8, 255, 256, 257, 511, 512, 513, 1_300].map((size) => ({
    size,
    root: hex(naiveRoot(at(size))),
  })),
  inclusion: pairs.map(([index, size]) => ({ index, size, proof: naivePath(index, at(size)).map(hex) })),
  consistency: pairs.map(([oldSize, size]) => ({
    oldSize,
    size,
    proof: naiveConsistency(oldSize, at(size)).map(hex),
  })),
})

write('tlog/files.json', {
  about: 'SHA-256 of every file of a log with the entries "entry 0" ...; docs/spec/log.md, 2.',
  logs: [1, 256, 300, 1_300].map((size) => ({
    size,
    files: Object.fromEntries(
      [...naiveFiles(testEntries(size))].map(([path, bytes]) => [
        path,
        hex(sha256(Buffer.from(bytes, 'hex'))),
      ]),
    ),
  })),
})

// Checkpoints. RFC 8410: the fixed head of an Ed25519 private key in PKCS #8.
const ORIGIN = 'log.example/commonhold'
const edKey = (text: string) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), sha256(Buffer.from(text))]),
    format: 'der',
    type: 'pkcs8',
  })
const ed25519 = edKey('test log key')
const edPublic = createPublicKey(ed25519).export({ format: 'der', type: 'spki' }).subarray(-32)
const p256Secret = sha256(Buffer.from('test log P-256 key'))
const P256_TYPE = Buffer.concat([Buffer.of(0xff), Buffer.from('commonhold-p256')])
const typedEd = Buffer.concat([Buffer.of(1), edPublic])
const typedP256 = Buffer.concat([P256_TYPE, p256.getPublicKey(p256Secret, true)])
const keyId = (typed: Uint8Array): Buffer => sha256(Buffer.from(`${ORIGIN}\n`), typed).subarray(0, 4)
const vkey = (typed: Uint8Array): string =>
  `${ORIGIN}+${hex(keyId(typed))}+${Buffer.from(typed).toString('base64')}`
const line = (typed: Uint8Array, signature: Uint8Array): string =>
  `\u2014 ${ORIGIN} ${Buffer.concat([keyId(typed), signature]).toString('base64')}\n`
const text = `${ORIGIN}\n1300\n${naiveRoot(at(1_300)).toString('base64')}\n`
const edLine = line(typedEd, sign(null, Buffer.from(text), ed25519))
const lowS = Buffer.from(p256.sign(Buffer.from(text), p256Secret, { lowS: true }))
const highS = Buffer.from(lowS)
const s = p256.Point.Fn.ORDER - BigInt(`0x${hex(lowS.subarray(32))}`)
highS.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32)
const p256Line = line(typedP256, lowS)
const flipped = (value: string, from: number): string =>
  value.slice(0, from) + (value[from] === 'A' ? 'B' : 'A') + value.slice(from + 1)

write('tlog/checkpoint.json', {
  about: 'Keys: seed sha256("test log key"), P-256 scalar sha256("test log P-256 key"). docs/spec/log.md, 3.',
  ed25519Vkey: vkey(typedEd),
  p256Vkey: vkey(typedP256),
  valid: {
    note: `${text}\n${edLine}${p256Line}`,
    origin: ORIGIN,
    size: 1_300,
    logRoot: hex(naiveRoot(at(1_300))),
  },
  alsoValid: {
    'signatures in the other order': `${text}\n${p256Line}${edLine}`,
    'a signature of an unknown key': `${text}\n${edLine}${p256Line}\u2014 other.example ${edLine.split(' ')[2]}`,
  },
  invalid: {
    'no P-256 signature': `${text}\n${edLine}`,
    'no Ed25519 signature': `${text}\n${p256Line}`,
    'P-256 signature with high s': `${text}\n${edLine}${line(typedP256, highS)}`,
    'Ed25519 signature of another text': `${text}\n${flipped(edLine, edLine.length - 40)}${p256Line}`,
    'P-256 signature of another text': `${text}\n${edLine}${flipped(p256Line, p256Line.length - 40)}`,
    'another size': `${text.replace('1300', '1301')}\n${edLine}${p256Line}`,
    'leading zero': `${text.replace('1300', '01300')}\n${edLine}${p256Line}`,
    'extension line': `${text}extension\n\n${edLine}${p256Line}`,
    'no blank line': `${text}${edLine}${p256Line}`,
    'no final newline': `${text}\n${edLine}${p256Line}`.slice(0, -1),
    'carriage returns': `${text}\n${edLine}${p256Line}`.replaceAll('\n', '\r\n'),
    'hyphen for the dash': `${text}\n${edLine}${p256Line}`.replaceAll('\u2014', '-'),
    'no signatures': `${text}\n`,
    nothing: '',
  },
})

// Packs of addenda, docs/spec/log.md, 4: lists of [digest, content in hex or null].
type Pack = readonly (readonly (readonly [string, string | null])[])[]
const named = (content: string, erased = false): readonly [string, string | null] => [
  hex(sha256(Buffer.from(content, 'hex'))),
  erased ? null : content,
]
const uint = (value: number, bytes: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex')
const packOf = (entries: Pack): string =>
  hex(
    Buffer.concat(
      entries.flatMap((addenda) => [
        uint(addenda.length, 2),
        ...addenda.flatMap(([digest, content]) => [
          Buffer.from(digest, 'hex'),
          content === null ? Buffer.of(255, 255, 255, 255) : uint(content.length / 2, 4),
          Buffer.from(content ?? '', 'hex'),
        ]),
      ]),
    ),
  )
const salted = (message: string): string => hex(Buffer.from(`0123456789abcdef${message}`))
const three: Pack = [
  [named(salted('The lift is out of order.'))],
  [],
  [named(salted('secret'), true), named(''), named(salted('\u00bfCu\u00e1ndo?'))],
]
const pack = packOf(three)

write('addenda/packs.json', {
  about:
    'Packs of addenda: for each entry a list of [sha256, content in hex; null: erased]. docs/spec/log.md, 4.',
  valid: [[[]], [[named('')]], [[named('', true)]], three].map((entries) => ({
    width: entries.length,
    entries,
    pack: packOf(entries),
  })),
  invalid: [
    { why: 'content with another digest', width: 3, pack: pack.replace('30313233', '30313234') },
    { why: 'fewer entries than the width', width: 4, pack },
    { why: 'more entries than the width', width: 2, pack },
    { why: 'one byte too few', width: 3, pack: pack.slice(0, -2) },
    { why: 'one byte too many', width: 3, pack: `${pack}00` },
    { why: 'no bytes for a digest', width: 1, pack: '000100' },
    { why: 'a length beyond the end', width: 1, pack: `0001${named('')[0]}fffffffe` },
    { why: 'nothing', width: 1, pack: '' },
  ],
})
