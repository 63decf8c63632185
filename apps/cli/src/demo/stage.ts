/** Who is on the stage of the demonstration, how they act, and the seed from which everything follows. */
import type { P256Signer } from '@commonhold/keys'
import {
  type ChainSide,
  type Community,
  type Draft,
  type MemberDraft,
  memberEvent,
  memberSigner,
  sealAll,
} from '@commonhold/node'
import { type Addendum, fromHex, taggedHash, textAddendum } from '@commonhold/protocol'
import type { Cast, Person, Request } from './people.ts'

/** Published: whoever has it has every key of the demonstration. */
export const DEMO_SEED = 'commonhold-demonstration-1'
export const DEMO_CHAIN_ID = 31_337
export const DEMO_ORIGIN = 'demo.commonhold.example/elm-row'
export const DEMO_ROUNDS = 2

export type DemoContext = {
  readonly cast: Cast
  readonly community: Community
  readonly chain: ChainSide
  readonly onStep: (step: string) => void
  readonly signal: AbortSignal
}

/** Derived from the seed: 32 hex digits. */
export const demoNonce = (purpose: string, ...parts: readonly string[]): string =>
  taggedHash('demonstration-nonce', DEMO_SEED, purpose, ...parts).slice(0, 32)

/** The text of a request under its salt, both the same in every run. */
export const requestAddendum = (request: Request): Addendum =>
  textAddendum(fromHex(demoNonce('salt', request.author, request.id)), request.text)

export const organiserOf = (cast: Cast): Person =>
  cast.people.find(({ role }) => role === 'organiser') as Person
export const personOf = (cast: Cast, handle: string): Person =>
  cast.people.find((person) => person.handle === handle) as Person

const signers = new WeakMap<Community, Map<string, P256Signer>>()

/** Keys are read from disk once. */
export function signerOf(community: Community, handle: string): P256Signer {
  const known = signers.get(community) ?? new Map<string, P256Signer>()
  signers.set(community, known)
  const signer = known.get(handle) ?? memberSigner(community, handle)
  known.set(handle, signer)
  return signer
}

/** A draft of an event of `signer`'s member. */
export const draftOf = (
  { view }: Community,
  signer: P256Signer,
  draft: MemberDraft,
  addenda: readonly Addendum[] = [],
): Draft => ({ event: memberEvent(view, signer, draft), addenda })

export async function send(
  community: Community,
  signer: P256Signer,
  drafts: readonly Draft[],
): Promise<void> {
  await community.submit(sealAll(signer, drafts))
}
