/** What the node signs for those who ask it (docs/spec/api.md, 3 and 6): statements that it can be held to. */
import type { P256Signer } from '@commonhold/keys'
import {
  type Digest,
  type EventId,
  fromHex,
  type KeyId,
  sha256,
  taggedHash,
  toBase64Url,
  type UnixMillis,
  utf8,
} from '@commonhold/protocol'

/** `sig`: P-256 with SHA-256 over the 32 bytes of `digest`; no envelope or checkpoint has such a message. */
export type Attestation = { readonly digest: Digest; readonly key: KeyId; readonly sig: string }

const attest = (signer: P256Signer, digest: Digest): Attestation => ({
  digest,
  key: signer.key,
  sig: toBase64Url(signer.sign(fromHex(digest))),
})

/** Entry `index` of the community's log holds these events, and every later checkpoint covers it. */
export const promiseDigest = (community: EventId, index: number, ids: readonly EventId[]): Digest =>
  taggedHash('promise', fromHex(community), String(index), ...ids.map(fromHex))

export const signPromise = (
  signer: P256Signer,
  community: EventId,
  index: number,
  ids: readonly EventId[],
): Attestation => attest(signer, promiseDigest(community, index, ids))

export type Answer = {
  readonly community: EventId
  readonly round: number
  readonly modelHash: Digest
  /** As it was classified: in NFC. */
  readonly text: string
  /** The best guess, as the model names it. */
  readonly label: string
  readonly confidencePpm: number
  readonly known: boolean
  readonly at: UnixMillis
}

/** At that time, this release said this of the text with this hash. */
export const answerDigest = (answer: Answer): Digest =>
  taggedHash(
    'answer',
    fromHex(answer.community),
    String(answer.round),
    fromHex(answer.modelHash),
    sha256(utf8(answer.text)),
    answer.label,
    String(answer.confidencePpm),
    answer.known ? 'known' : 'unknown',
    String(answer.at),
  )

export const signAnswer = (signer: P256Signer, answer: Answer): Attestation =>
  attest(signer, answerDigest(answer))
