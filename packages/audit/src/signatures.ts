/** Signatures in batches while the log is folded: the verifier may work on other threads meanwhile. */
import {
  type Entry,
  fromBase64Url,
  type KeyId,
  type SignatureCheck,
  signedMessage,
  type Verifier,
} from '@commonhold/protocol'
import { Mismatch } from './steps.ts'

/** Signatures in one call of the verifier. */
const BATCH = 1_024
/** Calls under way at a time: enough to keep threads busy, few enough to hold little memory. */
const UNDER_WAY = 2

export class SignatureQueue {
  readonly #verifier: Verifier
  readonly #publicKeys = new Map<KeyId, Uint8Array>()
  #indices: number[] = []
  #checks: SignatureCheck[] = []
  #underWay: Promise<Mismatch | undefined>[] = []
  checked = 0

  constructor(verifier: Verifier) {
    this.#verifier = verifier
  }

  /** @throws {Mismatch} for the first signature of an earlier batch that does not hold. */
  async add(index: number, { key, ids, signature }: Entry): Promise<void> {
    this.#indices.push(index)
    this.#checks.push({
      algorithm: 'p256',
      publicKey: this.#publicKeyOf(key),
      message: signedMessage(ids),
      signature,
    })
    if (this.#checks.length === BATCH) await this.#begin()
  }

  /** Waits for everything added. @throws {Mismatch} */
  async finish(): Promise<void> {
    if (this.#checks.length > 0) await this.#begin()
    while (this.#underWay.length > 0) await this.#settleOldest()
  }

  async #begin(): Promise<void> {
    const [indices, checks] = [this.#indices, this.#checks]
    this.#indices = []
    this.#checks = []
    this.#underWay.push(this.#verify(indices, checks))
    if (this.#underWay.length > UNDER_WAY) await this.#settleOldest()
  }

  async #verify(
    indices: readonly number[],
    checks: readonly SignatureCheck[],
  ): Promise<Mismatch | undefined> {
    const holds = await this.#verifier.verify(checks)
    const forged = checks.findIndex((_, i) => holds[i] !== true)
    this.checked += checks.length
    if (forged < 0) return undefined
    const key = this.#nameOf((checks[forged] as SignatureCheck).publicKey)
    return new Mismatch(`entry ${indices[forged]}`, `a signature by key ${key}`, 'one that does not hold')
  }

  async #settleOldest(): Promise<void> {
    const mismatch = await this.#underWay.shift()
    if (mismatch !== undefined) throw mismatch
  }

  #publicKeyOf(key: KeyId): Uint8Array {
    const known = this.#publicKeys.get(key)
    if (known !== undefined) return known
    const publicKey = fromBase64Url(key)
    this.#publicKeys.set(key, publicKey)
    return publicKey
  }

  #nameOf(publicKey: Uint8Array): string {
    for (const [key, bytes] of this.#publicKeys) if (bytes === publicKey) return key
    return 'unknown'
  }
}
