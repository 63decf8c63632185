import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { createNodeVerifier } from '@commonhold/keys'
import { sealEnvelope } from '@commonhold/node'
import {
  type CommunityEvent,
  decodeEntry,
  type EventId,
  fromBase64Url,
  fromHex,
  nobleVerifier,
  taggedHash,
  toBase64Url,
} from '@commonhold/protocol'
import {
  decodeBundle,
  entriesPath,
  openCheckpoint,
  parseLogProof,
  readLog,
  tilePath,
  verifyLogProof,
} from '@commonhold/tlog'
import { draft } from '../../../packages/node/test/small-community.ts'
import { refused, wire } from './support/api.ts'
import {
  checkpointOver,
  contribution,
  idOf,
  nonce,
  type Served,
  seal,
  serveSmallCommunity,
  spareKey,
  start,
} from './support/node.ts'

let served: Served

before(async () => {
  served = await serveSmallCommunity()
})

after(() => served[Symbol.asyncDispose]())

const bea = (...drafts: Parameters<typeof seal>[2][]) => seal(served.opened, 'bea', ...drafts)
const item = (name: string, fields?: Readonly<Record<string, unknown>>) =>
  contribution(served.opened, 'bea', name, fields)

/** Refused, and the log is as it was. */
async function changesNothing(body: unknown, status: number, code: string): Promise<void> {
  const { view, store } = served.opened.community
  const { size, history } = view
  refused(await served.api.post('/api/events', body), status, code)
  assert.deepEqual([view.size, view.history, await store.log.size()], [size, history, size])
}

suite('an envelope', () => {
  test('is answered with its index and a promise that the node signed', async () => {
    const { api, opened } = served
    const { size, founding, community } = opened.community.view
    const submission = bea(item('one'), item('two'))
    const answer = await api.submit(submission)
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.headers.get('location'), `/api/receipts/${size}`)
    const { index, ids, repeated, promise } = answer.body as {
      index: number
      ids: EventId[]
      repeated: boolean
      promise: { digest: string; key: string; sig: string }
    }
    assert.deepEqual({ index, ids, repeated }, { index: size, ids: submission.envelope.ids, repeated: false })
    const parts = [fromHex(community as string), String(size), ...ids.map(fromHex)]
    assert.equal(promise.digest, taggedHash('promise', ...parts))
    assert.equal(promise.key, founding?.node)
    assert.deepEqual(
      await nobleVerifier.verify([
        {
          algorithm: 'p256',
          publicKey: fromBase64Url(promise.key),
          message: fromHex(promise.digest),
          signature: fromBase64Url(promise.sig),
        },
      ]),
      [true],
    )
  })

  test('sent again is answered with its first index and adds nothing', async () => {
    const { api, opened } = served
    const submission = bea(item('once'))
    const first = await api.submit(submission)
    const { size } = opened.community.view
    const again = await Promise.all([api.submit(submission), api.submit(submission)])
    for (const { status, body } of again) {
      assert.equal(status, 200)
      assert.deepEqual(body, { ...first.body, repeated: true })
    }
    assert.equal(opened.community.view.size, size)
  })

  test('is in the log that a stranger reads, proved by a checkpoint soon after', async () => {
    const { api, opened } = served
    const { body } = await api.submit(bea(item('proved')))
    const index = Number(body['index'])
    const note = await checkpointOver(served)
    const keys = { ed25519Vkey: await line('/tlog/log.vkey'), p256Vkey: await line('/tlog/log-p256.vkey') }
    const checkpoint = await openCheckpoint(note, keys, createNodeVerifier())
    assert.equal((await api.get('/tlog/checkpoint')).text, note)
    const file = async (path: string): Promise<Uint8Array> => {
      const response = await fetch(`${served.server.url}/tlog/${path}`)
      assert.equal(response.status, 200, path)
      return new Uint8Array(await response.arrayBuffer())
    }
    const reader = {
      readTile: (level: number, n: number, width: number) => file(tilePath(level, n, width)),
      readEntries: (n: number, width: number) => file(entriesPath(n, width)),
    }
    const entries: Uint8Array[] = []
    for await (const segment of readLog(reader, checkpoint)) entries.push(...segment.entries)
    assert.equal(entries.length, opened.community.view.size)
    assert.deepEqual(decodeEntry(entries[index] as Uint8Array).ids, body['ids'])
    const proof = parseLogProof((await api.get(`/api/receipts/${index}`)).text)
    assert.equal(proof.index, index)
    await verifyLogProof(proof, entries[index] as Uint8Array, keys, createNodeVerifier())
    refused(await api.get(`/api/receipts/${entries.length + 5}`), 404, 'log.missing')
  })

  test('is refused when a byte of its signature is another', async () => {
    const body = wire(bea(item('forged')))
    const signature = fromBase64Url(body.sig)
    signature[9] = (signature[9] as number) ^ 1
    await changesNothing({ ...body, sig: toBase64Url(signature) }, 403, 'signature.invalid')
  })

  test('is refused for another community', async () => {
    const community = taggedHash('another community')
    await changesNothing(wire(bea(item('foreign', { community }))), 422, 'community.foreign')
  })

  test("is refused in another member's name", async () => {
    const theirs = contribution(served.opened, 'cem', 'theirs')
    await changesNothing(wire(bea(theirs)), 403, 'member.not_allowed')
  })

  test('is refused by a key that was revoked, and by one that nobody has', async () => {
    const { api, opened } = served
    const second = spareKey('second device')
    const key = { key: second.key }
    await api.submit(bea(draft(opened.community, 'bea', 'member.key.added', nonce('add'), key)))
    const admitted = await api.submit(sealEnvelope(second, [item('by the second')]))
    assert.equal(admitted.status, 201)
    await api.submit(bea(draft(opened.community, 'bea', 'member.key.revoked', nonce('revoke'), key)))
    await changesNothing(wire(sealEnvelope(second, [item('after')])), 403, 'key.invalid')
    await changesNothing(wire(sealEnvelope(spareKey('a thief'), [item('stolen')])), 403, 'key.unknown')
  })

  test("is refused when the node's own key signed a member's event: the server can write for nobody", async () => {
    const { nodeKey } = served.opened.community
    await changesNothing(wire(sealEnvelope(nodeKey, [item('by the node')])), 403, 'key.unknown')
    const { community, member } = item('x').event as CommunityEvent & { community: EventId; member: string }
    const seat = { v: 1, community, member, type: 'member.joined', nonce: nonce('seat'), key: nodeKey.key }
    const joining = sealEnvelope(nodeKey, [{ event: seat as unknown as CommunityEvent }])
    await changesNothing(wire(joining), 400, 'event.invalid')
  })

  test("is refused when a member signed the node's event", async () => {
    const { view } = served.opened.community
    const opening = { v: 1, community: view.community, index: view.size, type: 'round.opened', round: 1 }
    const event = { ...opening, quotas: [] } as unknown as CommunityEvent
    await changesNothing(wire(bea({ event })), 403, 'member.not_allowed')
  })

  test('is refused with content that no round could read', async () => {
    const body = wire(bea(item('bytes')))
    for (const bytes of [new Uint8Array(40).fill(255), new Uint8Array(3)]) {
      const addenda = [{ digest: taggedHash('any'), bytes: toBase64Url(bytes) }]
      await changesNothing({ ...body, addenda }, 400, 'encoding.invalid')
    }
    const large = [{ digest: taggedHash('any'), bytes: toBase64Url(new Uint8Array(70_000)) }]
    await changesNothing({ ...body, addenda: large }, 413, 'data.too_large')
    await changesNothing({ ...body, addenda: [] }, 400, 'event.invalid')
  })

  test('is refused where its shape is not one', async () => {
    const body = wire(bea(item('shape')))
    await changesNothing({ ...body, more: 1 }, 400, 'request.invalid')
    await changesNothing({ ...body, events: [] }, 400, 'request.invalid')
    await changesNothing({ ...body, sig: 'AAAA' }, 400, 'event.invalid')
    await changesNothing({ ...body, events: [{ type: 'member.left' }] }, 400, 'event.invalid')
    await changesNothing([], 400, 'request.invalid')
    const label = { label: 'unheard-of' }
    await changesNothing(wire(bea(item('label', label))), 422, 'contribution.label_unknown')
  })

  test('is refused where the transport is wrong', async () => {
    const { api } = served
    const json = { 'content-type': 'application/json' }
    refused(await api.send('POST', '/api/events', '{"events":', json), 400, 'request.invalid')
    refused(await api.send('POST', '/api/events', '{}', {}), 415, 'request.media_type')
    refused(
      await api.send('POST', '/api/events', `{"events":"${'x'.repeat(300_000)}"}`, json),
      413,
      'request.too_large',
    )
    const endless = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) })
    const unmeasured = { method: 'POST', headers: json, body: endless, duplex: 'half' }
    const chunked = await fetch(`${api.url}/api/events`, unmeasured)
    assert.equal(chunked.status, 413)
    const wrong = await api.send('DELETE', '/api/events')
    refused(wrong, 405, 'request.method')
    assert.equal(wrong.headers.get('allow'), 'POST')
    refused(await api.get('/api/event'), 404, 'request.route_unknown')
  })
})

const line = async (path: string): Promise<string> => (await served.api.get(path)).text.trimEnd()

test('the log has no other files than its own', async () => {
  const { api } = served
  for (const path of ['0/00', '0/001.p/256', '64/000', 'entries/x1/000', '0/..%2F..%2F..%2Fhome.json', '0']) {
    refused(await api.get(`/tlog/tile/${path}`), 404, 'log.bad_tile')
  }
  refused(await api.get('/tlog/tile/0/777'), 404, 'log.missing')
  refused(await api.get('/tlog/home.json'), 404, 'request.route_unknown')
  const width = served.opened.community.view.size
  await checkpointOver(served)
  const bundle = await fetch(`${served.server.url}/tlog/${entriesPath(0, width)}`)
  assert.equal(decodeBundle(new Uint8Array(await bundle.arrayBuffer()), width).length, width)
  assert.equal(bundle.headers.get('cache-control'), 'public, max-age=3600')
})

test('figures for Prometheus stand on another port only', async () => {
  const { api, server, opened } = served
  refused(await api.get('/metrics'), 404, 'request.route_unknown')
  const text = await (await fetch(server.metricsUrl as string)).text()
  assert.match(text, new RegExp(`^commonhold_log_entries ${opened.community.view.size}$`, 'm'))
  assert.match(text, /^commonhold_submissions_total\{outcome="signature.invalid"\} 1$/m)
})

test('stopping lets a request that runs end, and publishes what it wrote', async () => {
  const { opened } = served
  const other = await start(opened)
  const body = JSON.stringify(wire(bea(item('while stopping'))))
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; close: unknown }>()
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const running = request(`${other.url}/api/events`, { method: 'POST', headers }, (response) => {
    response.resume()
    response.on('end', () => resolve({ status: response.statusCode, close: response.headers.connection }))
  })
  running.on('error', reject)
  running.write(body.slice(0, 20))
  // A second request tells that the first one has arrived.
  await fetch(`${other.url}/healthz`, { headers: { connection: 'close' } })
  const stopped = other.stop()
  running.end(body.slice(20))
  assert.deepEqual(await promise, { status: 201, close: 'close' })
  await stopped
  await assert.rejects(fetch(`${other.url}/healthz`))
  assert.equal((await opened.community.store.log.checkpoint())?.size, opened.community.view.size)
})

test('whoever writes or asks too much waits, and others do not', async () => {
  const { opened } = served
  const few = { perSecond: 0.01, burst: 3 }
  const server = await start(opened, {
    writesPerKey: few,
    writesPerAddress: { perSecond: 100, burst: 1000 },
    answersPerAddress: few,
  })
  const post = (path: string, body: unknown) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const good = wire(bea(item('limited')))
  const forged = { ...good, sig: wire(bea(item('another'))).sig }
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await post('/api/events', forged)).status)
  for (let i = 0; i < 4; i++) statuses.push((await post('/api/events', good)).status)
  // Bad signatures do not spend the tokens of the key that they name.
  assert.deepEqual(statuses, [403, 403, 403, 403, 403, 201, 200, 200, 429])
  const cem = seal(opened, 'cem', contribution(opened, 'cem', 'not limited'))
  assert.equal((await post('/api/events', wire(cem))).status, 201)
  for (const expected of [409, 409, 409, 429])
    assert.equal((await post('/v1/classify', { text: 'cold' })).status, expected)
  const refusal = await post('/v1/classify', { text: 'cold' })
  assert.equal(refusal.headers.get('retry-after'), '100')
  assert.equal(((await refusal.json()) as { code: string }).code, 'request.rate_limited')
  await server.stop()
})

test('members are seen without names', async () => {
  const { api, opened } = served
  const { body, text } = await api.get(`/api/members/${idOf(opened, 'eli')}`)
  assert.deepEqual(body['roles'], ['reviewer'])
  assert.equal(body['payTo'], true)
  assert.ok(!text.includes('eli"'))
  refused(await api.get(`/api/members/${taggedHash('nobody')}`), 404, 'member.unknown')
  refused(await api.get('/api/members/eli'), 400, 'request.invalid')
})
