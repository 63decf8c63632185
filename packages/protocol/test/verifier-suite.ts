/**
 * The contract of the `Verifier` port, for every implementation of it. Signatures are made here by noble, and crafted ones
 * by its curve arithmetic; what the port promises is written in docs/spec/encoding.md, 7.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nobleVerifier, type SignatureCheck, type Verifier } from '@commonhold/protocol'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'

const N = p256.Point.Fn.ORDER
const L = ed25519.Point.Fn.ORDER
const message = new TextEncoder().encode('what is signed')

const p256Secret = new Uint8Array(32).fill(7)
const ed25519Secret = new Uint8Array(32).fill(9)

const valid = {
  p256: {
    algorithm: 'p256',
    publicKey: p256.getPublicKey(p256Secret, true),
    message,
    signature: p256.sign(message, p256Secret, { lowS: true }),
  },
  ed25519: {
    algorithm: 'ed25519',
    publicKey: ed25519.getPublicKey(ed25519Secret),
    message,
    signature: ed25519.sign(message, ed25519Secret),
  },
} as const satisfies Record<string, SignatureCheck>

const bigEndian = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const littleEndian = (value: bigint): Uint8Array => bigEndian(value).toReversed()
const fromBig = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const fromLittle = (bytes: Uint8Array): bigint => fromBig(bytes.toReversed())
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

type Cases = Readonly<Record<string, SignatureCheck>>

function p256Cases(): Cases {
  const { p256: good } = valid
  const [r, s] = [good.signature.slice(0, 32), good.signature.slice(32)]
  const signed = (...parts: readonly Uint8Array[]): SignatureCheck => ({
    ...good,
    signature: joined(...parts),
  })
  const keyed = (publicKey: Uint8Array): SignatureCheck => ({ ...good, publicKey })
  const zero = new Uint8Array(32)
  const open = p256.Point.fromBytes(good.publicKey).toBytes(false)
  return {
    'the twin with high s': signed(r, bigEndian(N - fromBig(s))),
    'r = 0': signed(zero, s),
    's = 0': signed(r, zero),
    'r = s = 0': signed(zero, zero),
    'r = the order': signed(bigEndian(N), s),
    's = the order': signed(r, bigEndian(N)),
    's beyond the order': signed(r, new Uint8Array(32).fill(255)),
    'r and s in the other order': signed(s, r),
    'the signature in DER': { ...good, signature: p256.Signature.fromBytes(good.signature).toBytes('der') },
    'a signature cut short': signed(r, s.slice(0, 31)),
    'a signature with a byte more': signed(r, s, Uint8Array.of(0)),
    'no signature': signed(),
    'the other point of this x': keyed(
      joined(Uint8Array.of(5 - (good.publicKey[0] as number)), good.publicKey.slice(1)),
    ),
    'an x without a point': keyed(withoutPoint()),
    'x = the field prime': keyed(joined(Uint8Array.of(2), bigEndian(p256.Point.Fp.ORDER))),
    'x beyond the field': keyed(joined(Uint8Array.of(2), new Uint8Array(32).fill(255))),
    'the point at infinity': keyed(new Uint8Array(33)),
    'the point at infinity in one byte': keyed(new Uint8Array(1)),
    'an uncompressed key': keyed(open),
    'a key of 33 bytes marked as uncompressed': keyed(joined(Uint8Array.of(4), good.publicKey.slice(1))),
    'a key of 33 bytes marked as hybrid': keyed(joined(Uint8Array.of(6), good.publicKey.slice(1))),
    'a key cut short': keyed(good.publicKey.slice(0, 32)),
    'no key': keyed(new Uint8Array()),
    'an Ed25519 key': keyed(valid.ed25519.publicKey),
  }
}

/** The smallest x that is on no point of the curve. */
function withoutPoint(): Uint8Array {
  for (let x = 1n; ; x++) {
    const key = joined(Uint8Array.of(2), bigEndian(x))
    try {
      p256.Point.fromBytes(key)
    } catch {
      return key
    }
  }
}

// Generates the eight points of small order; noble's tests of its own group law stand behind it.
const TORSION = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')

/** A signature by `publicKey` = s B + t T with the commitment r B + u T: holds without the cofactor only by luck. */
function crafted(t: bigint, u: bigint): SignatureCheck {
  const { Point } = ed25519
  const [secret, nonce] = [12_345n, 67_890n]
  const add = (scalar: bigint, torsion: bigint) =>
    Point.BASE.multiply(scalar).add(TORSION.multiplyUnsafe(torsion)).toBytes()
  const publicKey = add(secret, t)
  const r = add(nonce, u)
  const k = fromLittle(sha512(joined(r, publicKey, message))) % L
  return {
    algorithm: 'ed25519',
    publicKey,
    message,
    signature: joined(r, littleEndian((nonce + k * secret) % L)),
  }
}

function ed25519Cases(): Cases {
  const { ed25519: good } = valid
  const [r, s] = [good.signature.slice(0, 32), good.signature.slice(32)]
  const signed = (...parts: readonly Uint8Array[]): SignatureCheck => ({
    ...good,
    signature: joined(...parts),
  })
  const keyed = (publicKey: Uint8Array): SignatureCheck => ({ ...good, publicKey })
  const p = ed25519.Point.Fp.ORDER
  const cases: Record<string, SignatureCheck> = {
    'S + L': signed(r, littleEndian(fromLittle(s) + L)),
    'S = L': signed(r, littleEndian(L)),
    'S = 0': signed(r, new Uint8Array(32)),
    'R with torsion': crafted(0n, 1n),
    'R of order 2 more': crafted(0n, 4n),
    'a signature cut short': signed(good.signature.slice(0, 63)),
    'a signature with a byte more': signed(good.signature, Uint8Array.of(0)),
    'a key cut short': keyed(good.publicKey.slice(0, 31)),
    'a key with a byte more': keyed(joined(good.publicKey, Uint8Array.of(0))),
    'a key that is no point': keyed(littleEndian(2n)),
    'a P-256 key': keyed(valid.p256.publicKey),
  }
  for (let order = 0n; order < 8n; order++) {
    const key = TORSION.multiplyUnsafe(order).toBytes()
    // With k A = 0 for one k in eight at the latest, R = S B is a signature of anything.
    for (let nonce = 1n; nonce <= 8n; nonce++) {
      const commitment = ed25519.Point.BASE.multiply(nonce).toBytes()
      cases[`small order ${order}, S = ${nonce}`] = {
        ...good,
        publicKey: key,
        signature: joined(commitment, littleEndian(nonce)),
      }
    }
  }
  const one = ed25519.Point.BASE.toBytes()
  for (const [name, key] of [
    ['y = p', littleEndian(p)],
    ['y = p + 1', littleEndian(p + 1n)],
    ['y = 2^255 - 1', littleEndian((1n << 255n) - 1n)],
    ['y = 1 with the sign set', flipped(littleEndian(1n), 255)],
    ['y = p + 1 with the sign set', flipped(littleEndian(p + 1n), 255)],
    ['y = -1 with the sign set', flipped(littleEndian(p - 1n), 255)],
  ] as const) {
    cases[`the key ${name}`] = { ...good, publicKey: key, signature: joined(one, littleEndian(1n)) }
  }
  return cases
}

/** Random harm to one part of a valid check; now and then none. */
const harmed = fc
  .record({
    from: fc.constantFrom(valid.p256, valid.ed25519),
    part: fc.constantFrom('publicKey', 'message', 'signature', 'none'),
    bit: fc.nat(),
    replace: fc.option(fc.uint8Array({ maxLength: 70 }), { freq: 4 }),
  })
  .map(({ from, part, bit, replace }): SignatureCheck => {
    if (part === 'none') return from
    const bytes: Uint8Array = from[part]
    return { ...from, [part]: replace ?? flipped(bytes, bit % (8 * bytes.length)) }
  })

export function verifierSuite(name: string, verifier: Verifier): void {
  const holds = async (check: SignatureCheck): Promise<boolean | undefined> =>
    (await verifier.verify([check]))[0]

  test(`${name} takes valid signatures, and tells which of many hold`, async () => {
    const { p256: a, ed25519: b } = valid
    const bad = { ...a, message: flipped(message, 0) }
    assert.deepEqual(await verifier.verify([a, bad, b, b, bad, a]), [true, false, true, true, false, true])
    assert.deepEqual(await verifier.verify([]), [])
    for (const algorithm of ['p256', 'ed25519'] as const) {
      const empty = new Uint8Array()
      const signature =
        algorithm === 'p256'
          ? p256.sign(empty, p256Secret, { lowS: true })
          : ed25519.sign(empty, ed25519Secret)
      assert.equal(await holds({ ...valid[algorithm], message: empty, signature }), true)
    }
  })

  test(`${name} refuses every flipped bit`, async () => {
    for (const good of Object.values(valid)) {
      for (const part of ['message', 'signature', 'publicKey'] as const) {
        const checks = Array.from({ length: good[part].length }, (_, i) => ({
          ...good,
          [part]: flipped(good[part], 8 * i + (i % 8)),
        }))
        assert.deepEqual(
          await verifier.verify(checks),
          checks.map(() => false),
          `${good.algorithm} ${part}`,
        )
      }
    }
  })

  for (const [algorithm, cases] of [
    ['P-256', p256Cases()],
    ['Ed25519', ed25519Cases()],
  ] as const) {
    test(`${name} refuses what is malformed or crafted for ${algorithm}`, async () => {
      const names = Object.keys(cases)
      const answers = await verifier.verify(Object.values(cases))
      assert.deepEqual(
        names.filter((_, i) => answers[i] !== false),
        [],
      )
    })
  }

  test(`${name} agrees with the reference on keys with torsion`, async () => {
    // k t T vanishes for one message in eight: such a signature holds, whoever looks at it.
    const checks = Array.from({ length: 8 }, (_, t) => [
      crafted(BigInt(t), 0n),
      crafted(BigInt(t), BigInt(8 - t)),
    ]).flat()
    assert.deepEqual(await verifier.verify(checks), await nobleVerifier.verify(checks))
    assert.equal((await verifier.verify(checks))[0], true)
  })

  test(`${name} agrees with the reference on random harm`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(harmed, { maxLength: 6 }), async (checks) => {
        assert.deepEqual(await verifier.verify(checks), await nobleVerifier.verify(checks))
      }),
      { numRuns: 40 },
    )
  })
}
