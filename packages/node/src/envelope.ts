/** What a client does before it sends: payloads into a signed envelope, with the addenda that they name. */
import type { P256Signer } from '@commonhold/keys'
import {
  type Addendum,
  type CommunityEvent,
  type Envelope,
  encodeEntry,
  eventId,
  MAX_AT,
  MAX_ENTRY_BYTES,
  MAX_EVENTS,
  signedMessage,
} from '@commonhold/protocol'

export type Submission = { readonly envelope: Envelope; readonly addenda: readonly Addendum[] }

export type Draft = { readonly event: CommunityEvent; readonly addenda?: readonly Addendum[] }

export function sealEnvelope(signer: P256Signer, drafts: readonly Draft[]): Submission {
  const events = drafts.map(({ event }) => event)
  const ids = events.map(eventId)
  const signature = signer.sign(signedMessage(ids))
  return {
    envelope: { events, ids, key: signer.key, signature },
    addenda: drafts.flatMap(({ addenda = [] }) => addenda),
  }
}

/** Splits drafts, in order, into as few envelopes as the limits of an entry allow: one signature for up to 256 events. */
export function sealAll(signer: P256Signer, drafts: readonly Draft[]): readonly Submission[] {
  const submissions: Submission[] = []
  const frame = encodedSize(signer, [])
  let chunk: Draft[] = []
  let size = frame
  for (const draft of drafts) {
    const own = encodedSize(signer, [draft]) - frame + 1
    if (chunk.length === MAX_EVENTS || size + own > MAX_ENTRY_BYTES) {
      submissions.push(sealEnvelope(signer, chunk))
      chunk = []
      size = frame
    }
    chunk.push(draft)
    size += own
  }
  if (chunk.length > 0) submissions.push(sealEnvelope(signer, chunk))
  return submissions
}

/** With the largest time stamp that can be written, so that no later one makes the entry longer. */
const encodedSize = ({ key }: P256Signer, drafts: readonly Draft[]): number =>
  encodeEntry({
    at: MAX_AT,
    events: drafts.map(({ event }) => event),
    ids: [],
    key,
    signature: new Uint8Array(64),
  }).length
