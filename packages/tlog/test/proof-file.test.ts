import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashLeavesJoined } from '@commonhold/kernels'
import { nobleVerifier } from '@commonhold/protocol'
import {
  formatAddCheckpoint,
  formatLogProof,
  leafHash,
  openNote,
  parseAddCheckpoint,
  parseCheckpoint,
  parseLogProof,
  signCheckpoint,
  Tree,
  verifyConsistency,
  verifyInclusion,
  verifyLogProof,
} from '@commonhold/tlog'
import fc from 'fast-check'
import { logEd25519, logKeys, logP256, ORIGIN, witness } from './support/keys.ts'
import { anyText, onlyFails, sharedText, withCode, withoutShared } from './support/logs.ts'
import { naiveLeaf, naiveRoot, testEntries } from './support/reference.ts'

const entries = testEntries(300)
const tree = new Tree()
tree.append(hashLeavesJoined(entries))
const note = await signCheckpoint({ origin: ORIGIN, size: 300, logRoot: tree.root() }, [
  logEd25519.signer,
  logP256.signer,
])
const receipt = { index: 7, proof: tree.inclusionProof(7), note }
const request = { oldSize: 257, proof: tree.consistencyProof(257), note }

test('the receipt of the shared vectors verifies', { skip: withoutShared }, async () => {
  const text = sharedText('inclusion-12345-of-70000.tlog-proof')
  const proof = parseLogProof(text)
  assert.equal(formatLogProof(proof), text)
  assert.equal(proof.index, 12_345)
  const keys = [sharedText('log.vkey'), sharedText('witness.vkey')]
  const opened = await openNote(proof.note, keys, nobleVerifier)
  assert.deepEqual(opened.signed, [{ vkey: keys[0] }, { vkey: keys[1], time: 1_700_000_000 }])
  const head = parseCheckpoint(opened.text)
  verifyInclusion(leafHash(Buffer.from('entry 12345')), proof.index, head, proof.proof)
  // It carries no P-256 signature, so it is no receipt of a log of ours.
  await assert.rejects(
    verifyLogProof(proof, Buffer.from('entry 12345'), logKeys, nobleVerifier),
    withCode('log.bad_checkpoint'),
  )
})

test('the witness request of the shared vectors verifies', { skip: withoutShared }, async () => {
  const text = sharedText('add-checkpoint.txt')
  const { oldSize, proof, note: signed } = parseAddCheckpoint(text)
  assert.equal(formatAddCheckpoint({ oldSize, proof, note: signed }), text)
  const { text: body } = await openNote(signed, [sharedText('log.vkey')], nobleVerifier)
  const { roots } = JSON.parse(sharedText('proofs.json')) as { roots: Record<string, string> }
  const old = { size: oldSize, logRoot: Buffer.from(roots[String(oldSize)]!, 'base64') }
  verifyConsistency(old, parseCheckpoint(body), proof)
})

test('a receipt proves its entry and no other', async () => {
  const checkpoint = await verifyLogProof(
    parseLogProof(formatLogProof(receipt)),
    entries[7]!,
    logKeys,
    nobleVerifier,
  )
  assert.deepEqual(Buffer.from(checkpoint.logRoot), naiveRoot(entries.map(naiveLeaf)))
  const wrong = [
    { proof: receipt, entry: entries[8]! },
    { proof: { ...receipt, index: 8 }, entry: entries[7]! },
    { proof: { ...receipt, proof: receipt.proof.slice(1) }, entry: entries[7]! },
  ]
  for (const { proof, entry } of wrong) {
    await assert.rejects(verifyLogProof(proof, entry, logKeys, nobleVerifier), withCode('log.bad_proof'))
  }
})

test('receipts and requests read back as they were written', () => {
  const extra = fc.option(fc.uint8Array(), { nil: undefined })
  const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 })
  fc.assert(
    fc.property(fc.maxSafeNat(), extra, hashes, (count, more, raw) => {
      const proof = raw.map((hash) => new Uint8Array(hash))
      const written = { index: count, proof, note, ...(more ? { extra: new Uint8Array(more) } : {}) }
      assert.deepEqual(parseLogProof(formatLogProof(written)), written)
      assert.deepEqual(parseLogProof(Buffer.from(formatLogProof(written))), written)
      const asked = { oldSize: count, proof, note }
      assert.deepEqual(parseAddCheckpoint(formatAddCheckpoint(asked)), asked)
    }),
  )
})

test('other spellings of a receipt or a request are refused', () => {
  const text = formatLogProof(receipt)
  const bad = withCode('log.bad_proof')
  for (const spelling of [
    text.replace('@v1', '@v2'),
    text.replace('index 7', 'index 07'),
    text.replace('index 7', 'index -7'),
    text.replace('index 7', 'index  7'),
    text.replace('index 7', 'index 1e1'),
    text.replace('index 7\n', ''),
    text.replace('index 7', 'extra !\nindex 7'),
    text.replace('index 7', 'extra \nextra \nindex 7'),
    text.replace('=\n', '\n'),
    text.replace('index 7', 'index 9007199254740992'),
    text.replaceAll('\n', '\r\n'),
    'x',
    '',
    text.replace('index 7\n', `index 7\n${`${'A'.repeat(43)}=\n`.repeat(60)}`),
    text.replace('index 7\n', 'index 7\nAAAA\n'),
  ])
    assert.throws(() => parseLogProof(spelling), bad, JSON.stringify(spelling))
  assert.throws(() => parseLogProof(text.slice(0, -1)), withCode('log.bad_checkpoint'))
  const body = formatAddCheckpoint(request)
  for (const spelling of [
    body.replace('old 257', 'old 0257'),
    body.replace('old ', 'new '),
    body.replace('=\n', '\n'),
    '',
  ]) {
    assert.throws(() => parseAddCheckpoint(spelling), bad, JSON.stringify(spelling))
  }
})

test('arbitrary text and altered files are proofs or expected failures', async () => {
  const codes = ['log.bad_proof', 'log.bad_checkpoint']
  const written = [formatLogProof(receipt), formatAddCheckpoint(request)]
  const altered = fc
    .tuple(fc.constantFrom(...written), fc.nat({ max: 1_500 }), fc.nat({ max: 50 }), anyText(4))
    .map(([text, at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop))
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyText(), altered), async (text) => {
      if (!(await onlyFails(codes, () => parseLogProof(text))))
        assert.equal(formatLogProof(parseLogProof(text)), text)
      if (!(await onlyFails(codes, () => parseAddCheckpoint(text)))) {
        assert.equal(formatAddCheckpoint(parseAddCheckpoint(text)), text)
      }
      await onlyFails(codes, () => parseLogProof(Buffer.from(text)))
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (bytes) => {
      await onlyFails(codes, () => parseLogProof(bytes))
      await onlyFails(codes, () => parseAddCheckpoint(bytes))
    }),
  )
})

test('an unknown signature on the checkpoint does not matter', async () => {
  const cosigned = await signCheckpoint({ origin: ORIGIN, size: 300, logRoot: tree.root() }, [
    witness.signer,
    logEd25519.signer,
    logP256.signer,
  ])
  await verifyLogProof({ ...receipt, note: cosigned }, entries[7]!, logKeys, nobleVerifier)
})
