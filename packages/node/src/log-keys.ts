/** The log's two signing keys, and what the world knows of them. */
import { ed25519Signer, type KeyRing, type P256Signer, p256Signer } from '@commonhold/keys'
import { formatVkey, type LogKeys, type NoteSigner, noteSigner } from '@commonhold/tlog'

export type LogSigners = {
  readonly vkeys: LogKeys
  readonly signers: readonly NoteSigner[]
  /** Signs for the contract that anchors the log. */
  readonly p256: P256Signer
}

export function openLogKeys(keys: KeyRing, origin: string, deterministic: boolean): LogSigners {
  const ed25519 = ed25519Signer(keys.ensure('log-ed25519'))
  const p256 = p256Signer(keys.ensure('log-p256'), deterministic)
  const ed25519Vkey = formatVkey({ name: origin, type: 'ed25519', publicKey: ed25519.publicKey })
  const p256Vkey = formatVkey({ name: origin, type: 'p256', publicKey: p256.publicKey })
  return {
    vkeys: { ed25519Vkey, p256Vkey },
    signers: [noteSigner(ed25519Vkey, ed25519.sign), noteSigner(p256Vkey, p256.sign)],
    p256,
  }
}
