/**
 * Event types (docs/spec/events.md). A payload is what a member or the node signs; its digest is its identity. Members'
 * events carry a nonce, unique per member; the node's own carry the log index at which they are to stand.
 */

import { utf8 } from './bytes.ts'
import { type Canonical, canonicalText } from './canonical.ts'
import { charterSchema, labelSchema } from './charter.ts'
import { ProtocolError } from './errors.ts'
import { sha256Hex } from './hash.ts'
import { flag, type Infer, integer, list, literal, object, type Schema, text } from './schema.ts'
import type { Digest, EventId, KeyId, MemberId, UnixMillis } from './units.ts'

const digestSchema = text<Digest>(/^[0-9a-f]{64}$/, '64 hex digits')
const memberSchema = text<MemberId>(/^[0-9a-f]{64}$/, 'a member id')
/** 33 bytes in base64url; the first byte is 02 or 03, which fixes the first characters. */
export const keySchema = text<KeyId>(
  /^A[g-z0-9_-][A-Za-z0-9_-]{42}$/,
  'a compressed P-256 public key in base64url',
)
const nonceSchema = text(/^[0-9a-f]{32}$/, '32 hex digits')
const addressSchema = text(/^0x[0-9a-f]{40}$/, 'a lower-case EVM address')
const hash32Schema = text(/^0x[0-9a-f]{64}$/, '0x and 64 hex digits')
const amountSchema = text(/^(?:0|[1-9][0-9]{0,77})$/, 'a decimal amount')
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/
const languageSchema = text(LANGUAGE, 'a language tag')
export const isLanguage = (tag: string): boolean => LANGUAGE.test(tag)
const asciiSchema = text(/^[\x20-\x7e]{1,200}$/, 'up to 200 printable ASCII characters')
const indexSchema = integer(0, Number.MAX_SAFE_INTEGER)
const roundSchema = integer(1, 1_000_000)
const rowSchema = integer(0, 100_000_000)

const addenda = list(digestSchema, 0, 8)
const base = { v: literal(1) } as const
const byMember = { ...base, community: digestSchema, member: memberSchema, nonce: nonceSchema } as const
const byNode = { ...base, community: digestSchema, index: indexSchema } as const
const rulesSchema = object({ version: asciiSchema, digest: digestSchema })
const blockSchema = object({ number: indexSchema, hash: hash32Schema })

const metricsSchema = object(
  {
    correct: indexSchema,
    total: indexSchema,
    majorityCorrect: indexSchema,
    trained: indexSchema,
    clusters: indexSchema,
  },
  { liveCorrect: indexSchema },
)

const SCHEMAS = {
  'community.founded': object({
    ...base,
    type: literal('community.founded'),
    nonce: nonceSchema,
    founder: keySchema,
    node: keySchema,
    log: object({ origin: asciiSchema, ed25519: asciiSchema, p256: asciiSchema }),
    rules: rulesSchema,
    charter: charterSchema,
    addenda,
  }),
  'chain.bound': object({
    ...byNode,
    type: literal('chain.bound'),
    chainId: indexSchema,
    token: addressSchema,
    pool: addressSchema,
    shares: addressSchema,
    anchor: addressSchema,
    /** True on the embedded chain: practice money, and an anchor run by the operator itself. */
    practice: flag,
  }),
  'member.invited': object({
    ...byMember,
    type: literal('member.invited'),
    /** taggedHash('invite', secret): whoever shows the secret may join. */
    invite: digestSchema,
    count: integer(1, 10_000),
    expires: integer<UnixMillis>(0, Number.MAX_SAFE_INTEGER),
  }),
  'member.joined': object(
    { ...byMember, type: literal('member.joined'), key: keySchema },
    { invite: nonceSchema, addenda },
  ),
  'member.role.granted': object({
    ...byMember,
    type: literal('member.role.granted'),
    who: memberSchema,
    role: literal('reviewer', 'organiser'),
  }),
  /** An organiser attests that `author`, whom an import named, is the member `who`. */
  'member.seat.granted': object({
    ...byMember,
    type: literal('member.seat.granted'),
    file: digestSchema,
    author: memberSchema,
    who: memberSchema,
  }),
  'member.key.added': object({ ...byMember, type: literal('member.key.added'), key: keySchema }),
  'member.key.revoked': object({ ...byMember, type: literal('member.key.revoked'), key: keySchema }),
  'member.payout.set': object({ ...byMember, type: literal('member.payout.set'), address: addressSchema }),
  'contribution.submitted': object(
    {
      ...byMember,
      type: literal('contribution.submitted'),
      label: labelSchema,
      content: digestSchema,
      addenda,
    },
    { lang: languageSchema },
  ),
  'import.started': object({
    ...byMember,
    type: literal('import.started'),
    file: digestSchema,
    rows: rowSchema,
    holds: literal('contributions', 'reviews'),
  }),
  'import.author': object({
    ...byMember,
    type: literal('import.author'),
    file: digestSchema,
    author: memberSchema,
    /** The salted name: its digest gives the id, its text never stands in the log. */
    addenda,
  }),
  'contribution.imported': object(
    {
      ...byMember,
      type: literal('contribution.imported'),
      file: digestSchema,
      row: rowSchema,
      label: labelSchema,
      content: digestSchema,
      addenda,
    },
    { author: memberSchema, lang: languageSchema },
  ),
  'review.imported': object({
    ...byMember,
    type: literal('review.imported'),
    file: digestSchema,
    row: rowSchema,
    item: digestSchema,
    worker: memberSchema,
    label: labelSchema,
  }),
  'review.submitted': object(
    { ...byMember, type: literal('review.submitted'), round: roundSchema, item: digestSchema },
    /** Absent: "not sure". It is an answer, but no judgement. */
    { label: labelSchema },
  ),
  'gold.committed': object({
    ...byMember,
    type: literal('gold.committed'),
    round: roundSchema,
    /** goldCommitment(...) of each gold question, ascending. */
    commitments: list(digestSchema, 1, 512),
  }),
  'gold.revealed': object({
    ...byMember,
    type: literal('gold.revealed'),
    round: roundSchema,
    item: digestSchema,
    label: labelSchema,
    salt: nonceSchema,
  }),
  /** Later rounds follow these rules: an upgrade of the software, visible to everybody. */
  'rules.adopted': object({ ...byNode, type: literal('rules.adopted'), rules: rulesSchema }),
  'round.opened': object(
    {
      ...byNode,
      type: literal('round.opened'),
      round: roundSchema,
      quotas: list(object({ label: labelSchema, quota: integer(0, 1_000_000) }), 0, 256),
    },
    /** Last link of a hash chain that the node made: each draw reveals the link before (`lotLink`). */
    { lot: digestSchema },
  ),
  'round.wave.opened': object(
    { ...byNode, type: literal('round.wave.opened'), round: roundSchema, wave: integer(1, 9) },
    { link: digestSchema },
  ),
  'round.reviews.closed': object(
    { ...byNode, type: literal('round.reviews.closed'), round: roundSchema },
    { link: digestSchema },
  ),
  'round.closed': object({
    ...byNode,
    type: literal('round.closed'),
    round: roundSchema,
    logSize: indexSchema,
    rules: digestSchema,
    seed: digestSchema,
    datasetRoot: digestSchema,
    modelHash: digestSchema,
    promoted: flag,
    metrics: metricsSchema,
    attributionRoot: digestSchema,
    statementsRoot: digestSchema,
    payoutRoot: hash32Schema,
    totals: object({
      sponsors: amountSchema,
      customers: amountSchema,
      pool: amountSchema,
      allocated: amountSchema,
      promisedMoney: amountSchema,
      promisedShares: amountSchema,
      reserved: amountSchema,
      unvested: amountSchema,
    }),
    block: blockSchema,
  }),
  'payout.posted': object({
    ...byNode,
    type: literal('payout.posted'),
    round: roundSchema,
    payoutRoot: hash32Schema,
    tx: hash32Schema,
    block: blockSchema,
  }),
  'payout.claimed': object({
    ...byNode,
    type: literal('payout.claimed'),
    who: memberSchema,
    money: amountSchema,
    shares: amountSchema,
    tx: hash32Schema,
    block: blockSchema,
  }),
} as const

export type EventType = keyof typeof SCHEMAS
export type EventOf<T extends EventType> = Infer<(typeof SCHEMAS)[T]>
export type CommunityEvent = { readonly [T in EventType]: EventOf<T> }[EventType]
/** Events that the node signs with its own key, at a stated index. */
export type NodeEvent = Extract<CommunityEvent, { readonly index: number }>
export type MemberEvent = Extract<CommunityEvent, { readonly member: MemberId }>

/** @throws {ProtocolError} `event.invalid` for anything but a well-formed payload of a known type. */
export function parseEvent(value: unknown): CommunityEvent {
  const type =
    typeof value === 'object' && value !== null ? (value as { readonly type?: unknown }).type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(SCHEMAS, type)) {
    throw new ProtocolError('event.invalid', 'the payload has no known type')
  }
  return (SCHEMAS[type as EventType] as Schema<CommunityEvent>)(value, type)
}

const EVENT_TAG = 'commonhold-event/v1\n'

/** Identity of a payload: sha256("commonhold-event/v1\n" || canonical bytes). */
export const eventId = (event: CommunityEvent): EventId =>
  sha256Hex(utf8(EVENT_TAG + canonicalText(event as Canonical)))

/** Digests of the addenda that `event` names. */
export const addendaOf = (event: CommunityEvent): readonly Digest[] =>
  'addenda' in event && event.addenda !== undefined ? event.addenda : []
