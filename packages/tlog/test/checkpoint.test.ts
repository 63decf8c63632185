import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { nobleVerifier, type Verifier } from '@commonhold/protocol'
import {
  cosign,
  formatCheckpoint,
  formatNote,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  signCheckpoint,
  verifyCosignature,
} from '@commonhold/tlog'
import { p256 } from '@noble/curves/nist.js'
import fc from 'fast-check'
import { ed25519TestKey, logEd25519, logKeys, logP256, ORIGIN, p256TestKey, witness } from './support/keys.ts'
import { anyText, hex, onlyFails, ownVectors, sharedText, withCode, withoutShared } from './support/logs.ts'
import { sha256 } from './support/reference.ts'

const bad = withCode('log.bad_checkpoint')
const checkpoint = { origin: ORIGIN, size: 18_204, logRoot: new Uint8Array(sha256(Buffer.from('root'))) }
const bothSigners = [logEd25519.signer, logP256.signer]

type Vectors = {
  ed25519Vkey: string
  p256Vkey: string
  valid: { note: string; origin: string; size: number; logRoot: string }
  alsoValid: Record<string, string>
  invalid: Record<string, string>
}
const vectors = ownVectors<Vectors>('tlog/checkpoint.json')
const vectorKeys = { ed25519Vkey: vectors.ed25519Vkey, p256Vkey: vectors.p256Vkey }

/** node:crypto as a second opinion: it knows nothing of noble. */
const nodeVerifier: Verifier = {
  verify: async (checks) =>
    checks.map(({ algorithm, publicKey, message, signature }) => {
      if (algorithm === 'ed25519') {
        const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey])
        return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
      }
      const der = Buffer.concat([
        Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
        publicKey,
      ])
      const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
      const high = BigInt(`0x${hex(signature.subarray(32))}`) > p256.Point.Fn.ORDER / 2n
      return !high && verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
    }),
}

for (const [name, verifier] of Object.entries({ noble: nobleVerifier, node: nodeVerifier })) {
  test(`the checkpoint vectors come out with ${name}`, async () => {
    const { note, ...expected } = vectors.valid
    const { origin, size, logRoot } = await openCheckpoint(note, vectorKeys, verifier)
    assert.deepEqual({ origin, size, logRoot: hex(logRoot) }, expected)
    for (const [why, other] of Object.entries(vectors.alsoValid)) {
      assert.equal((await openCheckpoint(other, vectorKeys, verifier)).size, size, why)
    }
    for (const [why, other] of Object.entries(vectors.invalid)) {
      await assert.rejects(openCheckpoint(other, vectorKeys, verifier), bad, why)
    }
  })
}

test('the signatures of the vectors are made again, bit for bit', async () => {
  assert.deepEqual(vectorKeys, logKeys)
  const { note, origin, size, logRoot } = vectors.valid
  assert.equal(
    await signCheckpoint({ origin, size, logRoot: new Uint8Array(Buffer.from(logRoot, 'hex')) }, bothSigners),
    note,
  )
})

test('a checkpoint needs both signatures, of the right log', async () => {
  const note = await signCheckpoint(checkpoint, bothSigners)
  assert.deepEqual(await openCheckpoint(note, logKeys, nobleVerifier), checkpoint)
  assert.deepEqual(await openCheckpoint(Buffer.from(note), logKeys, nobleVerifier), checkpoint)
  for (const signers of [[logEd25519.signer], [logP256.signer], [logEd25519.signer, logEd25519.signer]]) {
    await assert.rejects(
      openCheckpoint(await signCheckpoint(checkpoint, signers), logKeys, nobleVerifier),
      bad,
    )
  }
  const foreign = await signCheckpoint({ ...checkpoint, origin: 'other.example' }, bothSigners)
  await assert.rejects(openCheckpoint(foreign, logKeys, nobleVerifier), bad)
  const otherKey = p256TestKey(ORIGIN, 'another key').vkey
  await assert.rejects(openCheckpoint(note, { ...logKeys, p256Vkey: otherKey }, nobleVerifier), bad)
})

test('the keys of a log are one of each kind and of one name', async () => {
  const note = await signCheckpoint(checkpoint, bothSigners)
  const wrong = [
    { ed25519Vkey: logKeys.p256Vkey, p256Vkey: logKeys.p256Vkey },
    { ed25519Vkey: logKeys.ed25519Vkey, p256Vkey: logKeys.ed25519Vkey },
    { ed25519Vkey: logKeys.ed25519Vkey, p256Vkey: p256TestKey('other.example', 'k').vkey },
    { ed25519Vkey: 'nonsense', p256Vkey: logKeys.p256Vkey },
  ]
  for (const keys of wrong)
    await assert.rejects(openCheckpoint(note, keys, nobleVerifier), withCode('key.invalid'))
})

test('checkpoint text is accepted only as it is written', async () => {
  const text = formatCheckpoint(checkpoint)
  assert.deepEqual(parseCheckpoint(text), checkpoint)
  const size = fc.maxSafeNat()
  fc.assert(
    fc.property(size, (n) =>
      assert.equal(parseCheckpoint(formatCheckpoint({ ...checkpoint, size: n })).size, n),
    ),
  )
  const spellings = [
    text.slice(0, -1),
    `${text}\n`,
    `${text}more\n`,
    text.replace('18204', '018204'),
    text.replace('18204', '+18204'),
    text.replace('18204', '1e3'),
    text.replace('18204', ' 18204'),
    text.replace('18204', '9007199254740992'),
    text.replace('18204', ''),
    text.replace('=', ''),
    text.replace(ORIGIN, ''),
    text.replace('\n', '\r\n'),
    '',
  ]
  for (const spelling of spellings)
    assert.throws(() => parseCheckpoint(spelling), bad, JSON.stringify(spelling))
})

test('arbitrary text is a checkpoint or a bad one', async () => {
  const text = formatCheckpoint(checkpoint)
  const near = fc
    .tuple(fc.nat({ max: text.length }), fc.nat({ max: 3 }), anyText(3))
    .map(([at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop))
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyText(), near), async (input) => {
      const failed = await onlyFails(['log.bad_checkpoint'], () => parseCheckpoint(input))
      if (!failed) assert.equal(formatCheckpoint(parseCheckpoint(input)), input)
      await onlyFails(['log.bad_checkpoint'], () => openCheckpoint(input, logKeys, nobleVerifier))
    }),
    { numRuns: 300 },
  )
})

test('no altered byte of a signed checkpoint opens as another checkpoint', async () => {
  const note = Buffer.from(await signCheckpoint(checkpoint, bothSigners))
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: note.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const altered = Buffer.from(note)
        altered[at]! ^= change
        await assert.rejects(openCheckpoint(altered, logKeys, nobleVerifier), bad)
      },
    ),
    { numRuns: 60 },
  )
})

test('the cosignature of the shared vectors verifies and is made again', {
  skip: withoutShared,
}, async () => {
  const proof = sharedText('inclusion-12345-of-70000.tlog-proof')
  const note = parseNote(proof.slice(proof.indexOf('\n\n') + 2))
  const whole = formatNote(note)
  assert.equal(await verifyCosignature(whole, sharedText('witness.vkey'), nobleVerifier), 1_700_000_000)
  assert.deepEqual(await cosign(whole, witness.signer, 1_700_000_000), note.signatures[1])
})

test('a cosignature covers the text and the time', async () => {
  const note = await signCheckpoint(checkpoint, bothSigners)
  const { text, signatures } = parseNote(note)
  const with_ = async (...times: readonly number[]): Promise<string> => {
    const cosignatures = await Promise.all(times.map((time) => cosign(note, witness.signer, time)))
    return formatNote({ text, signatures: [...signatures, ...cosignatures] })
  }
  assert.equal(await verifyCosignature(await with_(5, 2 ** 40, 7), witness.vkey, nobleVerifier), 2 ** 40)
  assert.deepEqual(await openCheckpoint(await with_(5), logKeys, nobleVerifier), checkpoint)
  await assert.rejects(verifyCosignature(note, witness.vkey, nobleVerifier), bad)
  await assert.rejects(verifyCosignature(note, logEd25519.vkey, nobleVerifier), withCode('key.invalid'))
  const other = ed25519TestKey('witness.example/w2', 'w2', 'cosignature/v1')
  await assert.rejects(verifyCosignature(await with_(5), other.vkey, nobleVerifier), bad)
  const cosignature = await cosign(note, witness.signer, 5)
  for (const at of [0, 7, 8, 71]) {
    const signature = new Uint8Array(cosignature.signature)
    signature[at]! ^= 1
    const forged = formatNote({ text, signatures: [{ ...cosignature, signature }] })
    await assert.rejects(verifyCosignature(forged, witness.vkey, nobleVerifier), bad)
  }
  const short = formatNote({
    text,
    signatures: [{ ...cosignature, signature: cosignature.signature.slice(1) }],
  })
  await assert.rejects(verifyCosignature(short, witness.vkey, nobleVerifier), bad)
  await assert.rejects(cosign(note, witness.signer, -1), /cosignature at/)
})
