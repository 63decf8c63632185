// Keys with published seeds: sha256 of a text. Ed25519 signs by node:crypto, P-256 by noble (RFC 6979, low s).
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { formatVkey, type NoteSigner, noteSigner } from '@commonhold/tlog'
import { p256 } from '@noble/curves/nist.js'
import { sha256 } from './reference.ts'

export type TestKey = { readonly vkey: string; readonly signer: NoteSigner }

const seedOf = (text: string): Buffer => sha256(Buffer.from(text))

function ed25519Key(seed: Uint8Array): KeyObject {
  // RFC 8410: the fixed head of an Ed25519 private key in PKCS #8.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

export function ed25519TestKey(
  name: string,
  seed: string,
  type: 'ed25519' | 'cosignature/v1' = 'ed25519',
): TestKey {
  const key = ed25519Key(seedOf(seed))
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))
  const vkey = formatVkey({ name, type, publicKey })
  return { vkey, signer: noteSigner(vkey, (message) => sign(null, message, key)) }
}

export function p256TestKey(name: string, seed: string): TestKey {
  const secret = seedOf(seed)
  const vkey = formatVkey({ name, type: 'p256', publicKey: new Uint8Array(p256.getPublicKey(secret, true)) })
  return { vkey, signer: noteSigner(vkey, async (message) => p256.sign(message, secret, { lowS: true })) }
}

export const ORIGIN = 'log.example/commonhold'
export const logEd25519 = ed25519TestKey(ORIGIN, 'test log key')
export const logP256 = p256TestKey(ORIGIN, 'test log P-256 key')
export const witness = ed25519TestKey('witness.example/w1', 'test witness key', 'cosignature/v1')
export const logKeys = { ed25519Vkey: logEd25519.vkey, p256Vkey: logP256.vkey }
