import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nobleVerifier } from '@commonhold/protocol'
import { formatNote, formatVkey, noteKeyId, openNote, parseNote, parseVkey, signNote } from '@commonhold/tlog'
import fc from 'fast-check'
import { ed25519TestKey, logEd25519, logP256, witness } from './support/keys.ts'
import { anyText, onlyFails, sharedText, withCode, withoutShared } from './support/logs.ts'

const badNote = withCode('log.bad_checkpoint')

test('the verifier keys of the shared vectors are the keys of their seeds', { skip: withoutShared }, () => {
  assert.equal(sharedText('log.vkey'), logEd25519.vkey)
  assert.equal(sharedText('witness.vkey'), witness.vkey)
})

test('the example of the note specification parses and keeps its parts', () => {
  const text =
    'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n'
  const line =
    '\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n'
  const note = parseNote(`${text}\n${line}`)
  assert.equal(note.text, text)
  assert.deepEqual(
    note.signatures.map(({ name, keyId, signature }) => [name, keyId, signature.length]),
    [['quasimodo.example/salvatore', '367ba04b', 64]],
  )
})

test('a note writes back as it was read, and other spellings are refused', async () => {
  const good = await signNote('a\n\nb\n', [logEd25519.signer, logP256.signer])
  assert.equal(formatNote(parseNote(good)), good)
  assert.equal(formatNote(parseNote(Buffer.from(good))), good)
  const spellings = [
    good.slice(0, -1),
    `${good}\n`,
    ` ${good}`.replace('a\n', 'a\t\n'),
    good.replace('\u2014 ', '\u2014  '),
    good.replace('\u2014 ', '- '),
    good.replaceAll('\n', '\r\n'),
    good.replace('=\n', '\n'),
    good.replace('log.example/', 'log.example '),
    good.replace('log.example/', 'log.example+'),
    good.replace('log.example/', 'log.example\u00a0'),
    `${good}\u2014 x AAAAAA==\n`,
    `${good}${'\u2014 x AAAAAAA=\n'.repeat(63)}`,
    `\ud800${good}`,
    'a\n',
    '',
  ]
  for (const spelling of spellings)
    assert.throws(() => parseNote(spelling), badNote, JSON.stringify(spelling))
  assert.throws(() => parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(good)])), badNote)
  assert.throws(() => parseNote(`${'a'.repeat(1_000_000)}${good}`), badNote)
})

test('signatures of known keys must hold, others are ignored', async () => {
  const stranger = ed25519TestKey('stranger.example', 'stranger')
  const note = await signNote('text\n', [logEd25519.signer, stranger.signer])
  const keys = [logEd25519.vkey, logP256.vkey]
  const { text, signed } = await openNote(note, keys, nobleVerifier)
  assert.equal(text, 'text\n')
  assert.deepEqual(signed, [{ vkey: logEd25519.vkey }])
  // The stranger under the name and ID of the log: a known key that did not sign this.
  const forged = await signNote('text\n', [
    { ...stranger.signer, name: logEd25519.signer.name, keyId: logEd25519.signer.keyId },
  ])
  await assert.rejects(openNote(forged, keys, nobleVerifier), badNote)
  // A good signature does not excuse a bad one of the same key.
  const both = formatNote({
    text: 'text\n',
    signatures: [...parseNote(note).signatures, ...parseNote(forged).signatures],
  })
  await assert.rejects(openNote(both, keys, nobleVerifier), badNote)
  await assert.rejects(openNote(note.replace('text', 'test'), keys, nobleVerifier), badNote)
})

test('a verifier key reads back, and other spellings are refused', () => {
  for (const { vkey } of [logEd25519, logP256, witness]) {
    assert.equal(formatVkey(parseVkey(vkey)), vkey)
    assert.equal(formatVkey(parseVkey(`${vkey}\n`)), vkey)
    const { name, type, publicKey, keyId } = parseVkey(vkey)
    assert.equal(noteKeyId(name, type, publicKey), keyId)
    const [, id = ''] = vkey.split('+')
    const spellings = [
      `${vkey}\n\n`,
      ` ${vkey}`,
      vkey.slice(1),
      vkey.slice(0, -1),
      `${vkey}=`,
      vkey.replace(id, `${id.toUpperCase()}A`),
      vkey.replace(id, '00000000'),
      vkey.replace('+', '++'),
      vkey.replace('.example', ' example'),
      vkey.replaceAll('+', '-'),
      '',
    ]
    for (const spelling of spellings)
      assert.throws(() => parseVkey(spelling), withCode('key.invalid'), spelling)
  }
  assert.throws(
    () => formatVkey({ name: 'a b', type: 'ed25519', publicKey: new Uint8Array(32) }),
    withCode('key.invalid'),
  )
  assert.throws(
    () => formatVkey({ name: 'a', type: 'p256', publicKey: new Uint8Array(32) }),
    withCode('key.invalid'),
  )
})

test('the P-256 type has its own name, so its keys cannot be taken for others', () => {
  const material = Buffer.from(logP256.vkey.split('+').slice(2).join('+'), 'base64')
  assert.equal(material[0], 0xff)
  assert.equal(material.subarray(1, 16).toString(), 'commonhold-p256')
  assert.equal(material.length, 1 + 15 + 33)
})

test('arbitrary text and altered notes are notes or bad checkpoints', async () => {
  const good = await signNote('origin\n12\nx\n', [logEd25519.signer, logP256.signer])
  const altered = fc.tuple(fc.nat({ max: good.length }), fc.nat({ max: 4 }), fc.string({ maxLength: 4 }))
  const text = fc.oneof(
    anyText(),
    altered.map(([at, drop, put]) => good.slice(0, at) + put + good.slice(at + drop)),
  )
  await fc.assert(
    fc.asyncProperty(text, async (note) => {
      const failed = await onlyFails(['log.bad_checkpoint'], () => parseNote(note))
      if (!failed) assert.equal(formatNote(parseNote(note)), note)
      await onlyFails(['log.bad_checkpoint'], () => parseNote(Buffer.from(note)))
      await onlyFails(['key.invalid'], () => parseVkey(note))
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), (bytes) =>
      onlyFails(['log.bad_checkpoint'], () => parseNote(bytes)).then(() => undefined),
    ),
  )
})
