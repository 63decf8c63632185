import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { p256Signer } from '@commonhold/keys'
import {
  type CommunityEvent,
  type EventId,
  fromHex,
  MAX_ENTRY_BYTES,
  ProtocolError,
  signedMessage,
  taggedHash,
  textAddendum,
} from '@commonhold/protocol'
import { type Draft, memberSigner, type Submission, sealAll, sealEnvelope } from '../src/index.ts'
import { draft, found, newHome, type Opened, openHome, removeHome } from './small-community.ts'

let home: string
let opened: Opened

before(async () => {
  home = newHome()
  opened = await openHome(home)
  await found(opened)
})

after(async () => {
  await opened.community.close()
  removeHome(home)
})

const nonce = (name: string): string => taggedHash('test', name).slice(0, 32)
const bea = () => memberSigner(opened.community, 'bea')

function contribution(name: string, fields: Readonly<Record<string, unknown>> = {}): Draft {
  const addendum = textAddendum(fromHex(nonce(`salt ${name}`)), `the text of ${name}`)
  const event = draft(opened.community, 'bea', 'contribution.submitted', nonce(name), {
    label: 'heat',
    content: addendum.digest,
    addenda: [addendum.digest],
    ...fields,
  })
  return { ...event, addenda: [addendum] }
}

const seal = (...drafts: readonly Draft[]): Submission => sealEnvelope(bea(), drafts)

/** What the log, its addenda and the view hold. */
async function trace() {
  const { view, store, tree } = opened.community
  return {
    size: await store.log.size(),
    view: view.size,
    events: view.events,
    history: view.history,
    contributions: view.contributions.size,
    root: Buffer.from(tree.root()).toString('hex'),
  }
}

/** The submission is refused with `code`, and nothing of it is anywhere. */
async function refused(submission: Submission, code: string): Promise<void> {
  const before = await trace()
  await assert.rejects(
    opened.community.submit([submission]),
    (error) => error instanceof ProtocolError && error.code === code && !error.message.includes('\n'),
  )
  assert.deepEqual(await trace(), before)
  const digests = submission.addenda.map(({ digest }) => digest)
  assert.equal((await opened.community.store.addenda.get(digests)).size, 0)
}

suite('submitting', () => {
  test('answers the same envelope again with its first receipt, and adds nothing', async () => {
    const one = seal(contribution('once'), contribution('and once'))
    const [first] = await opened.community.submit([one])
    const before = await trace()
    assert.deepEqual(first, { index: before.size - 1, repeated: false })
    assert.deepEqual(await opened.community.submit([one]), [{ index: before.size - 1, repeated: true }])
    assert.deepEqual(await opened.community.submit([one, one]), [
      { index: before.size - 1, repeated: true },
      { index: before.size - 1, repeated: true },
    ])
    assert.deepEqual(await trace(), before)
  })

  test('answers two copies that arrive together with one entry', async () => {
    const one = seal(contribution('together'))
    const { size } = await trace()
    const receipts = await Promise.all([opened.community.submit([one]), opened.community.submit([one])])
    assert.deepEqual(receipts.flat(), [
      { index: size, repeated: false },
      { index: size, repeated: true },
    ])
    assert.equal((await trace()).size, size + 1)
  })

  test('keeps the order of submissions', async () => {
    const { size } = await trace()
    const receipts = await opened.community.submit(['a', 'b', 'c'].map((name) => seal(contribution(name))))
    assert.deepEqual(
      receipts.map(({ index }) => index),
      [size, size + 1, size + 2],
    )
  })

  test('throws the first refusal, and what stood before and after it stands', async () => {
    const { size, contributions } = await trace()
    const bad = seal(contribution('bad label', { label: 'unheard-of' }))
    await assert.rejects(
      opened.community.submit([seal(contribution('before')), bad, seal(contribution('after'))]),
      { code: 'contribution.label_unknown' },
    )
    assert.equal((await trace()).size, size + 2)
    assert.equal(opened.community.view.contributions.size, contributions + 2)
  })

  test('refuses the same nonce for something else', async () => {
    await opened.community.submit([seal(contribution('nonce'))])
    await refused(seal(contribution('other', { nonce: nonce('nonce') })), 'nonce.reused')
  })
})

suite('an envelope is refused and leaves nothing', () => {
  test('if a byte of its signature is another', async () => {
    const one = seal(contribution('forged'))
    const signature = Uint8Array.from(one.envelope.signature)
    signature[5] = (signature[5] as number) ^ 1
    await refused({ ...one, envelope: { ...one.envelope, signature } }, 'signature.invalid')
  })

  test('if another key signed it', async () => {
    const one = seal(contribution('stolen'))
    const thief = p256Signer(fromHex(taggedHash('a thief')))
    const signature = thief.sign(signedMessage(one.envelope.ids))
    await refused({ ...one, envelope: { ...one.envelope, signature } }, 'signature.invalid')
    await refused({ ...one, envelope: { ...one.envelope, key: thief.key, signature } }, 'key.unknown')
  })

  test('if its signature is the high-s twin of the right one', async () => {
    const one = seal(contribution('twin'))
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const s = BigInt(`0x${Buffer.from(one.envelope.signature.subarray(32)).toString('hex')}`)
    const twin = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
    const signature = Uint8Array.from([...one.envelope.signature.subarray(0, 32), ...twin])
    await refused({ ...one, envelope: { ...one.envelope, signature } }, 'signature.invalid')
  })

  test('if it was made for another community', async () => {
    const community = taggedHash('another community') as EventId
    await refused(seal(contribution('foreign', { community })), 'community.foreign')
  })

  test("if it is a node's event with a member's key", async () => {
    const { view } = opened.community
    const event = {
      v: 1,
      community: view.community,
      index: view.size,
      type: 'round.opened',
      round: 1,
      quotas: [],
    } as unknown as CommunityEvent
    await refused(seal({ event }), 'member.not_allowed')
  })

  test('if an addendum is missing, too much or another', async () => {
    const own = contribution('addenda')
    const other = contribution('other addendum')
    await refused(seal({ event: own.event }), 'event.invalid')
    await refused(
      seal({ ...own, addenda: [...(own.addenda ?? []), ...(other.addenda ?? [])] }),
      'event.invalid',
    )
    await refused(seal({ event: own.event, addenda: other.addenda ?? [] }), 'event.invalid')
    const [addendum] = own.addenda ?? []
    assert.ok(addendum !== undefined)
    await refused(
      seal({ ...own, addenda: [{ ...addendum, bytes: Uint8Array.from([...addendum.bytes, 0]) }] }),
      'event.invalid',
    )
  })

  test('if it is larger than an entry may be', async () => {
    const many = Array.from({ length: 200 }, (_, i) => contribution(`large ${i}`))
    assert.ok(many.length < 256)
    await refused(seal(...many), 'entry.too_large')
    const parts = sealAll(bea(), many)
    assert.ok(parts.length > 1)
    await opened.community.submit(parts)
    for await (const { bytes } of opened.community.store.log.read(0))
      assert.ok(bytes.length <= MAX_ENTRY_BYTES)
  })

  test('if nobody could read it again: more than 256 payloads, none, or an ill-formed one', async () => {
    await refused(seal(...Array.from({ length: 257 }, (_, i) => contribution(`many ${i}`))), 'event.invalid')
    await refused(seal(), 'event.invalid')
    await refused(seal(contribution('unknown field', { colour: 'red' })), 'event.invalid')
    await refused(seal(contribution('wrong type', { label: 7 })), 'event.invalid')
    await refused(seal(contribution('no nonce', { nonce: 'short' })), 'event.invalid')
  })

  test('if its ids are not those of its payloads, however well they are signed', async () => {
    const [one, other] = [seal(contribution('mine')), seal(contribution('not mine'))]
    const { ids, signature } = other.envelope
    await refused({ ...one, envelope: { ...one.envelope, ids, signature } }, 'event.invalid')
  })
})
