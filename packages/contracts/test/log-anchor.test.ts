import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { logAnchorAbi, logAnchorBytecode, logAnchorStorage } from '@commonhold/contracts'
import fc from 'fast-check'
import { type Hex, hexToString, toHex } from 'viem'
import { Chain, person, type Sent } from './support/evm.ts'
import { runs } from './support/fuzz.ts'
import { checkpointText, generateLogKey, highS, NaiveLog, type Signature, word } from './support/naive-log.ts'

const ORIGIN = 'commonhold.example/log'
const RELAYER = person(1)
const NOBODY: readonly Hex[] = []

const chain = await Chain.start()
const key = generateLogKey()
const log = new NaiveLog()
const anchor = await chain.deploy(logAnchorAbi, logAnchorBytecode, [ORIGIN, key.qx, key.qy])

const it = (name: string, work: () => Promise<void>): unknown => test(name, () => chain.scratch(work))
const signed = (size: number, root: Hex): Signature => key.sign(checkpointText(ORIGIN, size, root))

type AnchorArgs = readonly [size: bigint, root: Hex, proof: readonly Hex[], r: Hex, s: Hex]
function args(size: number, proof: readonly Hex[] = NOBODY, root: Hex = log.root(size)): AnchorArgs {
  const { r, s } = signed(size, root)
  return [BigInt(size), root, proof, r, s]
}
const extend = (from: number, to: number): Promise<Sent> =>
  anchor.send(RELAYER, 'anchor', args(to, from === 0 ? NOBODY : log.consistency(from, to)))

describe('construction', () => {
  it('refuses an origin that is not one line and a key that is not on the curve', async () => {
    for (const origin of ['', 'a\nb', '\n']) {
      await assert.rejects(chain.deploy(logAnchorAbi, logAnchorBytecode, [origin, key.qx, key.qy]), {
        errorName: 'InvalidOrigin',
      })
    }
    for (const [qx, qy] of [
      [key.qy, key.qx],
      [word(0n), word(0n)],
    ] as const) {
      await assert.rejects(chain.deploy(logAnchorAbi, logAnchorBytecode, [ORIGIN, qx, qy]), {
        errorName: 'InvalidKey',
      })
    }
  })

  it('keeps origins of any length', async () => {
    for (const length of [1, 31, 32, 100]) {
      const origin = 'o'.repeat(length)
      const other = await chain.deploy(logAnchorAbi, logAnchorBytecode, [origin, key.qx, key.qy])
      assert.equal(await other.read('origin', []), origin)
      const { r, s } = key.sign(checkpointText(origin, 9, log.root(9)))
      await other.send(RELAYER, 'anchor', [9n, log.root(9), NOBODY, r, s])
    }
    assert.equal(await anchor.read('QX', []), key.qx)
    assert.equal(await anchor.read('QY', []), key.qy)
  })
})

describe('anchor', () => {
  it('takes the first checkpoint on its signature and later ones with a proof', async () => {
    assert.deepEqual(await anchor.read('latest', []), [0n, word(0n), 0n])
    const { logs } = await extend(0, 7)
    assert.deepEqual(logs, [{ name: 'Anchored', args: { size: 7n, logRoot: log.root(7) } }])
    assert.deepEqual(await anchor.read('latest', []), [7n, log.root(7), chain.number])
    chain.warp(12n)
    await extend(7, 20)
    assert.deepEqual(await anchor.read('latest', []), [20n, log.root(20), chain.number])
  })

  it('signs the text of the checkpoint and nothing else', async () => {
    for (const size of [1n, 10n, 18_204n, 2n ** 64n - 1n]) {
      const text = hexToString(await anchor.read('checkpointText', [size, log.root(3)]))
      assert.equal(text, checkpointText(ORIGIN, size, log.root(3)))
    }
  })

  it('tells a repeated anchor, a fork at the same size and a smaller size apart', async () => {
    await anchor.refuses(
      'SizeNotGrowing',
      RELAYER,
      'anchor',
      [0n, word(0n), NOBODY, word(1n), word(1n)],
      [0n, 0n],
    )
    await extend(0, 7)
    await anchor.refuses('AlreadyAnchored', RELAYER, 'anchor', args(7), [7n])
    await anchor.refuses('OtherRootAnchored', RELAYER, 'anchor', args(7, NOBODY, log.root(6)), [7n])
    await anchor.refuses('SizeNotGrowing', RELAYER, 'anchor', args(6), [7n, 6n])
  })

  it('needs an empty proof before the first anchor', () =>
    anchor.refuses('InconsistentLog', RELAYER, 'anchor', args(7, [log.root(3)]), [0n, 7n]))

  it('stands in storage where the generated constants say', async () => {
    await extend(0, 7)
    const at = async (name: keyof typeof logAnchorStorage): Promise<bigint> => {
      const { slot, offset, bytes } = logAnchorStorage[name]
      const value = await chain.storage(anchor.address, toHex(slot, { size: 32 }))
      return BigInt.asUintN(bytes * 8, value >> BigInt(offset * 8))
    }
    assert.equal(await at('latest.logRoot'), BigInt(log.root(7)))
    assert.equal(await at('latest.size'), 7n)
    assert.equal(await at('latest.blockNumber'), chain.number)
    assert.equal(await at('longOrigin'), 0n)
  })
})

describe('attacks', () => {
  const refusesSignature = (size: bigint, root: Hex, { r, s }: Signature): Promise<void> =>
    anchor.refuses('InvalidSignature', RELAYER, 'anchor', [size, root, NOBODY, r, s])

  it('a signature by another key, over another size, root or origin is refused', async () => {
    const root = log.root(7)
    await refusesSignature(7n, root, generateLogKey().sign(checkpointText(ORIGIN, 7, root)))
    await refusesSignature(7n, root, key.sign(checkpointText(ORIGIN, 8, root)))
    await refusesSignature(7n, root, key.sign(checkpointText(ORIGIN, 7, log.root(8))))
    await refusesSignature(7n, root, key.sign(checkpointText(`${ORIGIN}2`, 7, root)))
    await refusesSignature(7n, root, key.sign(`${checkpointText(ORIGIN, 7, root)}extension\n`))
  })

  it('a high s and values out of range are refused, though plain ECDSA would take the first', async () => {
    const root = log.root(7)
    const low = signed(7, root)
    await refusesSignature(7n, root, highS(low))
    await refusesSignature(7n, root, { r: word(0n), s: low.s })
    await refusesSignature(7n, root, { r: low.r, s: word(0n) })
    await refusesSignature(7n, root, { r: word(2n ** 256n - 1n), s: low.s })
    await anchor.send(RELAYER, 'anchor', [7n, root, NOBODY, low.r, low.s])
  })

  it('a signed log that was rewritten, or a proof of anything else, is refused', async () => {
    const rewritten = new NaiveLog('rewritten')
    for (const [from, to] of [
      [4, 9],
      [7, 8],
      [7, 20],
      [8, 20],
    ] as const) {
      await chain.scratch(async () => {
        await extend(0, from)
        const refuses = (proof: readonly Hex[], root: Hex = log.root(to)): Promise<void> =>
          anchor.refuses('InconsistentLog', RELAYER, 'anchor', args(to, proof, root), [
            BigInt(from),
            BigInt(to),
          ])
        const proof = log.consistency(from, to)
        await refuses(rewritten.consistency(from, to), rewritten.root(to))
        await refuses(proof, rewritten.root(to))
        await refuses(NOBODY)
        await refuses(proof.slice(1))
        await refuses(proof.slice(0, -1))
        await refuses([...proof, log.root(3)])
        await refuses([log.root(from), ...proof])
        for (let i = 0; i < proof.length; i++) await refuses(proof.with(i, rewritten.root(5)))
        await extend(from, to)
      })
    }
  })
})

describe('sizes that are lies', () => {
  const tooLarge = [4, 9, 4, 100] as const
  const tooSmall = [7, 8, 3, 4] as const
  for (const [from, to, claimedFrom, claimedTo] of [tooLarge, tooSmall]) {
    it(`a proof from ${from} to ${to} does not lead from ${claimedFrom} to ${claimedTo}, though signed`, async () => {
      await anchor.send(RELAYER, 'anchor', args(claimedFrom, NOBODY, log.root(from)))
      const forged = args(claimedTo, log.consistency(from, to), log.root(to))
      await anchor.refuses('InconsistentLog', RELAYER, 'anchor', forged)
    })
  }
})

describe('invariants', () => {
  test('anchored sizes only grow and stay consistent, whatever is sent', async () => {
    const fork = new NaiveLog('fork')
    const which = fc.constantFrom(log, log, log, fork)
    const size = fc.integer({ min: 1, max: 70 })
    // `from` undefined: a proof from what is anchored, or hardly anything would ever go through.
    const step = fc.record({
      size,
      from: fc.option(size, { freq: 2, nil: undefined }),
      rootOf: which,
      proofOf: which,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) =>
        chain.scratch(async () => {
          let last = 0
          let current = log
          for (const { size, from, rootOf, proofOf } of steps) {
            const start = from ?? last
            const proof = start === 0 || start >= size ? NOBODY : proofOf.consistency(start, size)
            const extension = last === 0 ? NOBODY : size > last ? current.consistency(last, size) : undefined
            const expected =
              isDeepStrictEqual(proof, extension) && size > last && (last === 0 || rootOf === current)
            const works = await anchor.send(RELAYER, 'anchor', args(size, proof, rootOf.root(size))).then(
              () => true,
              () => false,
            )
            assert.equal(works, expected)
            if (works) [last, current] = [size, rootOf]
            const [anchored, root] = await anchor.read('latest', [])
            assert.equal(anchored, BigInt(last))
            assert.equal(root, last === 0 ? word(0n) : current.root(last))
          }
        }),
      ),
      { numRuns: runs(20) },
    )
  })

  test('all sizes up to 34 are connected by their RFC 9162 proofs', async () => {
    for (let from = 1; from < 34; from++) {
      await chain.scratch(async () => {
        await extend(0, from)
        if (from < 33) await chain.scratch(async () => void (await extend(from, from + 1)))
        await extend(from, 34)
      })
    }
  })
})
