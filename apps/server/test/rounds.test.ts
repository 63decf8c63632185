// Two rounds of a small community, lived through the API: contributions, reviews, gold and claims by signed envelopes;
// only what the operator does by command is done in the process.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  closeReviews,
  closeRound,
  type Draft,
  memberSigner,
  openRound,
  openWave,
  sealAll,
} from '@commonhold/node'
import {
  compareText,
  type EventId,
  fromBase64Url,
  fromHex,
  goldCommitment,
  nobleVerifier,
  sha256,
  taggedHash,
  textAddendum,
  utf8,
} from '@commonhold/protocol'
import { draft, LABELS, payOut, type Text, textsOf } from '../../../packages/node/test/small-community.ts'
import { type Answer, refused } from './support/api.ts'
import { checkpointOver, idOf, nonce, type Served, serveSmallCommunity } from './support/node.ts'

const AUTHORS = ['bea', 'cem', 'dot']
const REVIEWERS = ['ada', 'eli', 'fay', 'gus']
const COUNT = 30
/** Hash of the payload, by the text's own id. */
const items = new Map<string, EventId>()

let served: Served

before(async () => {
  served = await serveSmallCommunity()
})

after(() => served[Symbol.asyncDispose]())

const addendumOf = ({ id, text }: Text) => textAddendum(fromHex(nonce(`content ${id}`)), text)

/** Every envelope is admitted; the ids are those of the drafts, in order. */
async function post(handle: string, drafts: readonly Draft[]): Promise<readonly EventId[]> {
  const ids: EventId[] = []
  for (const submission of sealAll(memberSigner(served.opened.community, handle), drafts)) {
    const answer = await served.api.submit(submission)
    assert.equal(answer.status, 201, answer.text)
    ids.push(...submission.envelope.ids)
  }
  return ids
}

const by = (handle: string, type: string, own: string, fields: Readonly<Record<string, unknown>>): Draft =>
  draft(served.opened.community, handle, type, nonce(own), fields)

async function contribute(round: number, texts: readonly Text[]): Promise<void> {
  const { community } = served.opened
  const commitments = texts
    .filter(({ gold }) => gold)
    .map((text) =>
      goldCommitment(
        community.view.community as EventId,
        round,
        addendumOf(text).digest,
        text.truth,
        nonce(`salt ${text.id}`),
      ),
    )
  await post('ada', [
    by('ada', 'gold.committed', `gold ${round}`, { round, commitments: commitments.sort(compareText) }),
  ])
  for (const handle of ['ada', ...AUTHORS]) {
    const own = texts.filter(({ author }) => author === handle)
    const ids = await post(
      handle,
      own.map((text) => {
        const { digest: content } = addendumOf(text)
        const fields = { label: text.truth, content, lang: 'en', addenda: [content] }
        return {
          ...by(handle, 'contribution.submitted', `item ${text.id}`, fields),
          addenda: [addendumOf(text)],
        }
      }),
    )
    for (const [i, { id }] of own.entries()) items.set(id, ids[i] as EventId)
  }
}

const queueOf = (handle: string): Promise<Answer> =>
  served.api.get(`/api/queue?member=${idOf(served.opened, handle)}`)

type Queue = { readonly items: readonly { readonly item: string; readonly text: string }[] }

/** Answers all that the API asks of everybody, rightly. @returns answers given. */
async function reviewAll(round: number, texts: readonly Text[]): Promise<number> {
  const truth = new Map(texts.map(({ text, truth: label }) => [text, label]))
  let answers = 0
  for (const handle of REVIEWERS) {
    const { items: waiting } = (await queueOf(handle)).body as Queue
    const drafts = waiting.map(({ item, text }) =>
      by(handle, 'review.submitted', `review ${handle} ${item}`, { round, item, label: truth.get(text) }),
    )
    if (drafts.length > 0) await post(handle, drafts)
    answers += drafts.length
  }
  return answers
}

const stateOf = async (id: EventId | undefined): Promise<string> =>
  String((await served.api.get(`/api/items/${id}`)).body['state'])

async function finish(round: number, texts: readonly Text[]): Promise<void> {
  const { community, chain } = served.opened
  while ((await openWave(community)) !== undefined) await reviewAll(round, texts)
  await closeReviews(community)
  await post(
    'ada',
    texts
      .filter(({ gold }) => gold)
      .map((text) =>
        by('ada', 'gold.revealed', `reveal ${text.id}`, {
          round,
          item: items.get(text.id),
          label: text.truth,
          salt: nonce(`salt ${text.id}`),
        }),
      ),
  )
  // The node's own publications below are not told to the server: let its timer run out first.
  await checkpointOver(served)
  await closeRound(community, chain)
}

const ask = (text: string): Promise<Answer> => served.api.post('/v1/classify', { text })

async function begin(round: number): Promise<readonly Text[]> {
  const { community, chain } = served.opened
  await chain.sponsorPractice(`budget:${round}`, 100_000_000n)
  await openRound(community, new Map(LABELS.map((label) => [label, COUNT / 3])))
  const texts = textsOf(round, COUNT)
  await contribute(round, texts)
  return texts
}

test('before the first round nothing is answered, and the API says why', async () => {
  refused(await ask('cold radiator'), 409, 'round.no_data')
  refused(await served.api.get('/api/rounds/1'), 404, 'round.unknown')
  refused(
    await served.api.get(`/api/rounds/1/statements/${idOf(served.opened, 'bea')}`),
    404,
    'round.unknown',
  )
  assert.deepEqual((await served.api.get('/api/rounds')).body['rounds'], [])
  assert.equal((await queueOf('eli')).body['empty'], 'no round takes reviews now')
  assert.equal((await queueOf('bea')).body['empty'], 'the member is no reviewer')
})

test('a contribution is received, checked, counted and paid, and each state is told', async () => {
  const { community, chain } = served.opened
  const texts = await begin(1)
  const { id } = texts[0] as Text
  const first = items.get(id)
  assert.equal(await stateOf(first), 'received')

  await openWave(community)
  const asked = await queueOf('eli')
  const { items: waiting } = asked.body as Queue
  assert.equal(asked.body['waiting'], waiting.length)
  assert.ok(waiting.length > 0)
  // Blind: nothing of an item but its id, its text and its language.
  for (const one of waiting) assert.deepEqual(Object.keys(one).sort(), ['item', 'lang', 'text'])
  for (const handle of AUTHORS) assert.ok(!asked.text.includes(idOf(served.opened, handle)))
  assert.equal((await served.api.get(`/api/items/${first}`)).body['text'], 'checking: 0 of 2 answers')
  const given = await reviewAll(1, texts)
  assert.equal(given, 2 * COUNT)
  assert.equal((await served.api.get(`/api/items/${first}`)).body['text'], 'checking: 2 of 2 answers')
  assert.equal((await queueOf('eli')).body['empty'], 'everything is answered')

  await finish(1, texts)
  assert.equal(await stateOf(first), 'counted')
  assert.equal(await stateOf(items.get(texts.find(({ gold }) => gold)?.id ?? '')), 'gold')
  await payOut({ community, chain })
  const { body } = await served.api.get(`/api/items/${first}`)
  const steps = body['steps'] as readonly { readonly step: string; readonly earned?: string }[]
  assert.deepEqual(
    steps.map(({ step }) => step),
    ['received', 'accepted', 'counted', 'in_payout', 'paid'],
  )
  assert.ok(BigInt(steps[2]?.earned ?? '0') > 0n)
})

test('statements add up to what the round allocated', async () => {
  const { view } = served.opened.community
  let claimable = 0n
  let unvested = 0n
  for (const member of view.members.keys()) {
    const { status, body } = await served.api.get(`/api/rounds/1/statements/${member}`)
    if (status === 404) continue
    const lines = body['lines'] as readonly { readonly amount: string }[]
    assert.equal(
      lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
      BigInt(String(body['earned'])),
    )
    const seen = (await served.api.get(`/api/members/${member}`)).body
    assert.deepEqual([seen['claimable'], seen['unvested']], [body['claimable'], body['unvested']])
    assert.equal(seen['paid'], (view.claims.get(member)?.money ?? 0n).toString())
    claimable += BigInt(String(body['claimable']))
    unvested += BigInt(String(body['unvested']))
  }
  const totals = view.rounds[0]?.closed?.totals
  // What the founder, who has no address, could claim is reserved: nobody is promised it.
  assert.equal(claimable, BigInt(totals?.promisedMoney ?? 0) + BigInt(totals?.reserved ?? 0))
  assert.equal(String(claimable + unvested), totals?.allocated)
  const { body } = await served.api.get('/api/rounds/1')
  assert.equal((body['closed'] as { payoutRoot: string }).payoutRoot, view.rounds[0]?.posted?.payoutRoot)
  refused(await served.api.get(`/api/rounds/1/statements/${taggedHash('nobody')}`), 404, 'member.unknown')
})

type Told = {
  readonly label: string | null
  readonly guess: string
  readonly confidencePpm: number
  readonly known: boolean
  readonly release: { readonly round: number; readonly modelHash: string }
  readonly at: number
  readonly receipt: { readonly digest: string; readonly key: string; readonly sig: string }
}

test('the live release answers, and every answer is signed', async () => {
  const { view } = served.opened.community
  const text = 'the radiator is cold and the boiler leaks'
  const { body } = await ask(text)
  const told = body as Told
  const { release, receipt } = told
  assert.deepEqual(release, { round: 1, modelHash: view.rounds[0]?.closed?.modelHash })
  assert.ok(LABELS.includes(told.guess))
  assert.equal(told.label, told.known ? told.guess : null)
  const expected = taggedHash(
    'answer',
    fromHex(view.community as string),
    '1',
    fromHex(release.modelHash),
    sha256(utf8(text)),
    told.guess,
    String(told.confidencePpm),
    told.known ? 'known' : 'unknown',
    String(told.at),
  )
  assert.equal(receipt.digest, expected)
  assert.equal(receipt.key, view.founding?.node)
  const check = {
    algorithm: 'p256',
    publicKey: fromBase64Url(receipt.key),
    message: fromHex(receipt.digest),
    signature: fromBase64Url(receipt.sig),
  } as const
  assert.deepEqual(await nobleVerifier.verify([check]), [true])
  // The same letters, composed or not, are the same text.
  const composed = (await ask('caf\u00e9')).body as Told
  assert.equal(((await ask('cafe\u0301')).body as Told).confidencePpm, composed.confidencePpm)
  refused(await ask('  '), 400, 'request.invalid')
  refused(await ask('\ud800'), 400, 'request.invalid')
  refused(await ask('x'.repeat(10_001)), 400, 'request.invalid')
})

test('the next closed round is served without a restart', async () => {
  const { view } = served.opened.community
  const texts = await begin(2)
  await finish(2, texts)
  const closed = view.rounds[1]?.closed
  const { release } = (await ask('lost the key of the entrance door')).body as Told
  const live = closed?.promoted === true ? 2 : 1
  assert.deepEqual(release, { round: live, modelHash: view.rounds[live - 1]?.closed?.modelHash })
  assert.equal((await served.api.get(`/api/members/${idOf(served.opened, 'bea')}`)).body['round'], 2)
  assert.equal(await stateOf(items.get((texts[0] as Text).id)), 'counted')
})
