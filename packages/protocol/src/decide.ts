/**
 * The rules of admission (docs/spec/events.md): whether an envelope may follow the log that `view` has folded. The only
 * place where they stand; the sequencer asks before it writes, the auditor asks again for every entry. Signatures are
 * checked before, through the Verifier port; that the key may act for the member is decided here.
 */

import type { Bytes } from './bytes.ts'
import { charterProblem } from './charter.ts'
import { decideMemberEvent } from './decide-member.ts'
import { decideNodeEvent } from './decide-node.ts'
import { type Envelope, encodeEntry, MAX_AT, MAX_ENTRY_BYTES } from './envelope.ts'
import { ProtocolError } from './errors.ts'
import type { CommunityEvent, NodeEvent } from './events.ts'
import type { EventId, UnixMillis } from './units.ts'
import { nonceOf, type View } from './view.ts'

export type Decision =
  /** Append these bytes at index `view.size`. */
  | { readonly kind: 'append'; readonly bytes: Bytes }
  /** The same payloads were admitted before: answer with their first receipt. Safe for retries and offline clients. */
  | { readonly kind: 'repeat'; readonly index: number }

/**
 * @param at the sequencer's time, never before the last entry's.
 * @throws {ProtocolError} with the rule that the envelope breaks.
 */
export function decide(view: View, envelope: Envelope, at: UnixMillis): Decision {
  if (at < view.at)
    throw new ProtocolError('time.backwards', `time ${at} lies before the last entry's ${view.at}`)
  if (!(at <= MAX_AT)) throw new Error(`the sequencer's clock gives no time: ${at}`)
  const repeated = repeatOf(view, envelope)
  if (repeated !== undefined) return { kind: 'repeat', index: repeated }
  const subjects = new Set<string>()
  for (const [position, event] of envelope.events.entries()) {
    // Events of one envelope are decided against the state before it, so no two may touch one subject.
    for (const subject of decideEvent(view, envelope, event, at)) {
      if (subjects.has(subject)) throw invalid(`event ${position} repeats an earlier one of its envelope`)
      subjects.add(subject)
    }
  }
  const bytes = encodeEntry({ ...envelope, at })
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new ProtocolError(
      'entry.too_large',
      `the entry has ${bytes.length} bytes; at most ${MAX_ENTRY_BYTES} are allowed`,
    )
  }
  return { kind: 'append', bytes }
}

/**
 * The index of the entry that holds all of the envelope's events, if they were admitted before; whatever key signs them
 * now, for the payloads are what was admitted.
 */
function repeatOf(view: View, { events, ids, key }: Envelope): number | undefined {
  let index: number | undefined
  for (const [position, event] of events.entries()) {
    const nonce = nonceOf(event, key)
    const before = nonce === undefined ? undefined : view.nonces.get(nonce)
    if (before === undefined) {
      if (index !== undefined) throw reused()
      continue
    }
    if (before.id !== (ids[position] as EventId)) throw reused()
    if (position > 0 && before.index !== index) throw reused()
    index = before.index
  }
  return index
}

/** @returns what the event touches. */
function decideEvent(
  view: View,
  envelope: Envelope,
  event: CommunityEvent,
  at: UnixMillis,
): readonly string[] {
  if (event.type === 'community.founded') {
    decideFounding(view, envelope, event)
    return ['founding']
  }
  if (view.community === undefined)
    throw new ProtocolError('event.out_of_order', 'the log begins with community.founded')
  if (event.community !== view.community) {
    throw new ProtocolError(
      'community.foreign',
      `the event belongs to community ${event.community}, not to this one`,
    )
  }
  if (isNodeEvent(event)) {
    if (envelope.key !== view.founding?.node)
      throw notAllowed(`${event.type} is signed by the node's key only`)
    if (envelope.events.length !== 1) throw invalid("a node's event stands alone in its entry")
    if (event.index !== view.size) {
      throw new ProtocolError(
        'event.out_of_order',
        `${event.type} was made for index ${event.index}, the log is at ${view.size}`,
      )
    }
    decideNodeEvent(view, event)
    return [event.type]
  }
  checkKey(view, envelope, event)
  return [`nonce:${event.nonce}`, ...decideMemberEvent(view, envelope.key, event, at)]
}

const isNodeEvent = (event: CommunityEvent): event is NodeEvent => 'index' in event

function decideFounding(
  view: View,
  { events, key }: Envelope,
  event: CommunityEvent & { type: 'community.founded' },
): void {
  if (view.size !== 0) throw new ProtocolError('event.out_of_order', 'the community is founded already')
  if (events.length !== 1) throw invalid('the founding event stands alone')
  if (event.founder !== key)
    throw new ProtocolError('key.unknown', "the founding event is signed by its founder's key")
  if (event.node === key) throw invalid("node: the node's key is no member's")
  const problem = charterProblem(event.charter)
  if (problem !== undefined) throw invalid(`charter: ${problem}`)
}

function checkKey(
  view: View,
  { key }: Envelope,
  event: Exclude<CommunityEvent, NodeEvent> & { readonly member: string },
): void {
  if (event.type === 'member.joined') return
  const state = view.keys.get(key)
  if (state === undefined) throw new ProtocolError('key.unknown', `no member has the key ${key}`)
  if (state.revoked !== undefined)
    throw new ProtocolError('key.invalid', `the key was revoked at index ${state.revoked}`)
  if (state.member !== event.member) throw notAllowed("the key belongs to another member than the event's")
}

const invalid = (reason: string): ProtocolError => new ProtocolError('event.invalid', reason)
const notAllowed = (reason: string): ProtocolError => new ProtocolError('member.not_allowed', reason)
const reused = (): ProtocolError =>
  new ProtocolError('nonce.reused', 'a nonce of this member was used before for another event')
