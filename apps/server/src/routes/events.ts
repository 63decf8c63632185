/** Writing: signed envelopes in, receipts and promises out. The node checks, orders and stores; it signs for nobody. */
import {
  type Addendum,
  addendumText,
  type Digest,
  type Envelope,
  fromBase64Url,
  isDigest,
  MAX_ADDENDUM_BYTES,
  MAX_EVENTS,
  ProtocolError,
  parseEnvelope,
} from '@commonhold/protocol'
import { createRoute, z } from '@hono/zod-openapi'
import { type Api, callerOf, demandToken } from '../http.ts'
import { RequestError } from '../problem.ts'
import { signPromise } from '../promise.ts'
import {
  Attestation,
  EXAMPLE_ATTESTATION,
  EXAMPLE_ID,
  EXAMPLE_KEY,
  EXAMPLE_SIGNATURE,
  FAILURES,
  Id,
  Index,
  json,
} from '../schemas.ts'
import { foundedCommunity, type Service } from '../service.ts'

/** Of an event's at most 8 addenda, and so many as a body of 256 KB can hold. */
const MOST_ADDENDA = 2_048
/** Envelopes that are being checked or stored; more would only wait longer. */
const MOST_IN_FLIGHT = 2_048

const Body = z
  .strictObject({
    events: z.array(z.unknown()).min(1).max(MAX_EVENTS).describe('Payloads (docs/spec/events.md)'),
    key: z.string().max(64),
    sig: z.string().max(128).describe('64 bytes, low s, in base64url'),
    addenda: z
      .array(z.strictObject({ digest: z.string().max(64), bytes: z.string() }))
      .max(MOST_ADDENDA)
      .default([])
      .describe('What the events name, in their order: 16 bytes of salt and UTF-8 text, in base64url'),
  })
  .openapi('Envelope')

const Receipt = z
  .object({
    index: Index.describe('Of the log entry that holds the events'),
    ids: z.array(Id),
    repeated: z.boolean().describe('The same events were admitted before: this is their first receipt again'),
    promise: Attestation,
  })
  .openapi('Receipt')

const exampleEvent = {
  v: 1,
  type: 'contribution.submitted',
  community: EXAMPLE_ID,
  member: EXAMPLE_ID,
  nonce: '00112233445566778899aabbccddeeff',
  label: 'heating',
  content: EXAMPLE_ID,
  addenda: [EXAMPLE_ID],
}
const exampleBody = {
  events: [exampleEvent],
  key: EXAMPLE_KEY,
  sig: EXAMPLE_SIGNATURE,
  addenda: [{ digest: EXAMPLE_ID, bytes: 'AAECAwQFBgcICQoLDA0OD1RoZSByYWRpYXRvciBpcyBjb2xk' }],
}
const exampleReceipt = { index: 402, ids: [EXAMPLE_ID], repeated: false, promise: EXAMPLE_ATTESTATION }

const submit = createRoute({
  method: 'post',
  path: '/api/events',
  summary: 'Submit an envelope: events of one member under one signature',
  request: {
    body: { required: true, content: { 'application/json': { schema: Body, example: exampleBody } } },
  },
  responses: {
    200: json(Receipt, { ...exampleReceipt, repeated: true }, 'Admitted before: a retry changes nothing'),
    201: json(Receipt, exampleReceipt, 'Durable in the log'),
    ...FAILURES,
  },
})

export function eventRoutes(app: Api, service: Service): void {
  const { community, buckets } = service
  let inFlight = 0
  app.openapi(submit, async (c) => {
    const now = service.now()
    const caller = callerOf(c)
    demandToken(buckets.writesPerAddress, caller, now)
    buckets.writesPerAddress.take(caller, now)
    if (inFlight >= MOST_IN_FLIGHT)
      throw new RequestError('request.overloaded', 'too many writes wait', {
        headers: { 'retry-after': '1' },
      })
    inFlight++
    try {
      const { events, key, sig, addenda } = c.req.valid('json')
      const envelope = parseEnvelope(events, key, sig)
      demandToken(buckets.writesPerKey, envelope.key, now)
      const { index, repeated } = await admit(service, envelope, addenda.map(readAddendum))
      const promise = signPromise(community.nodeKey, foundedCommunity(community.view).id, index, envelope.ids)
      const receipt = { index, ids: [...envelope.ids], repeated, promise }
      c.header('location', `/api/receipts/${index}`)
      return repeated ? c.json(receipt, 200) : c.json(receipt, 201)
    } finally {
      inFlight--
    }
  })
}

async function admit(service: Service, envelope: Envelope, addenda: readonly Addendum[]) {
  const { community, publishing, metrics, buckets } = service
  const spend = (): void => buckets.writesPerKey.take(envelope.key, service.now())
  try {
    const [receipt] = await community.submit([{ envelope, addenda }])
    if (receipt === undefined) throw new Error('a submission without a receipt')
    spend()
    metrics.submissions.inc({ outcome: receipt.repeated ? 'repeated' : 'admitted' })
    publishing.touch()
    return receipt
  } catch (error) {
    if (error instanceof ProtocolError) {
      metrics.submissions.inc({ outcome: error.code })
      if (error.code === 'store.unavailable' || error.code === 'home.busy') service.fail(error)
      else if (error.code !== 'signature.invalid') spend()
    }
    throw error
  }
}

/**
 * Rounds read every addendum as a text, so nothing else may be stored. The digest is checked with the events.
 *
 * @throws {ProtocolError} `event.invalid`, `encoding.invalid`, `data.too_large`.
 */
function readAddendum({
  digest,
  bytes: text,
}: {
  readonly digest: string
  readonly bytes: string
}): Addendum {
  if (!isDigest(digest)) throw new ProtocolError('event.invalid', 'addenda: digest: expected 64 hex digits')
  const bytes = fromBase64Url(text)
  if (bytes.length > MAX_ADDENDUM_BYTES) {
    throw new ProtocolError(
      'data.too_large',
      `an addendum has ${bytes.length} bytes; at most ${MAX_ADDENDUM_BYTES} are stored`,
    )
  }
  addendumText(bytes)
  return { digest: digest as Digest, bytes }
}
