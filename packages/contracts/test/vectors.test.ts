// The language-neutral vectors that other rooms and foreign clients run too, here against the contracts.
import assert from 'node:assert/strict'
import { ECDH } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as contracts from '@commonhold/contracts'
import { encodeAbiParameters, type Hex, keccak256, numberToHex } from 'viem'
import { Chain, Contract, person } from './support/evm.ts'
import { checkpointText, generateLogKey } from './support/naive-log.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const json = <T>(file: string): T => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as T
const slot = (number: number): Hex => numberToHex(number, { size: 32 })

type TreeVector = {
  readonly chainId: string
  readonly pool: Hex
  readonly token: Hex
  readonly count: number
  readonly rows: readonly {
    readonly member: string
    readonly payTo: Hex
    readonly money: string
    readonly shares: string
  }[]
  readonly leaves: readonly Hex[]
  readonly proofs: readonly (readonly Hex[])[]
  readonly payoutRoot: Hex
}

const trees = globSync('vectors/payouts/*.json', { cwd: root })
test('there are payout vectors', () => assert.ok(trees.length > 0))

for (const file of trees) {
  test(`every row of ${path.basename(file)} is paid by a pool with that root`, async () => {
    const vector = json<TreeVector>(file)
    const { chain, pool, token, shares } = await plantedPool(vector)
    for (const [index, { member, payTo, money, shares: votes }] of vector.rows.entries()) {
      const row = {
        index: BigInt(index),
        count: BigInt(vector.count),
        memberId: `0x${member}` as const,
        payTo,
      }
      const claim = { ...row, money: BigInt(money), shares: BigInt(votes) }
      assert.equal(await pool.read('leafHash', [claim]), vector.leaves[index])
      await pool.send(person(1), 'claim', [claim, vector.proofs[index] ?? []])
      assert.equal(await token.read('balanceOf', [payTo]), BigInt(money))
      assert.equal(await shares.read('balanceOf', [payTo]), BigInt(votes))
    }
    assert.equal(await token.read('balanceOf', [vector.pool]), 0n)
    assert.equal(chain.chainId, Number(vector.chainId))
  })
}

/** A pool at the vector's address, as it stands after the activation of the vector's root. */
async function plantedPool({ chainId, pool: address, token: tokenAddress, payoutRoot, rows }: TreeVector) {
  const chain = await Chain.start(Number(chainId))
  const deployment = ['Shares', 'S', address] as const
  const shares = await chain.deploy(contracts.sharesAbi, contracts.sharesBytecode, deployment)
  const sum = (of: 'money' | 'shares'): bigint => rows.reduce((total, row) => total + BigInt(row[of]), 0n)
  const { payoutPoolStorage: at, payoutPoolImmutables: immutables } = contracts

  let code: Hex = contracts.payoutPoolRuntimeBytecode
  for (const { start } of immutables.TOKEN) code = filled(code, start, tokenAddress)
  for (const { start } of immutables.SHARES) code = filled(code, start, shares.address)
  await chain.plant(address, code, {
    [slot(at['active.payoutRoot'].slot)]: BigInt(payoutRoot),
    [slot(at['active.promised.money'].slot)]: sum('money') | (sum('shares') << 128n),
    [slot(at['active.round'].slot)]: 1n,
  })
  const key = encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [address, 0n])
  await chain.plant(tokenAddress, contracts.practiceDollarRuntimeBytecode, { [keccak256(key)]: sum('money') })
  return {
    chain,
    shares,
    pool: new Contract(chain, contracts.payoutPoolAbi, address),
    token: new Contract(chain, contracts.practiceDollarAbi, tokenAddress),
  }
}

/** `code` with an address as the 32-byte immutable at `start`. */
const filled = (code: Hex, start: number, address: Hex): Hex =>
  `0x${code.slice(2, 2 + 2 * start)}${address.slice(2).padStart(64, '0')}${code.slice(2 + 2 * (start + 32))}`

test('the anchor takes the valid checkpoint of the vectors and refuses its high-s twin', async () => {
  type Vector = {
    readonly p256Vkey: string
    readonly valid: {
      readonly note: string
      readonly origin: string
      readonly size: number
      readonly logRoot: string
    }
    readonly invalid: Readonly<Record<string, string>>
  }
  const { p256Vkey, valid, invalid } = json<Vector>('vectors/tlog/checkpoint.json')
  const [name = '', keyId = '', encoded = ''] = p256Vkey.split('+')
  // Type ff, 15 bytes that name the algorithm, the compressed point.
  const compressed = Buffer.from([encoded, ...p256Vkey.split('+').slice(3)].join('+'), 'base64').subarray(16)
  const point = ECDH.convertKey(compressed, 'prime256v1', undefined, 'hex', 'uncompressed') as string
  const chain = await Chain.start()
  const anchor = await chain.deploy(contracts.logAnchorAbi, contracts.logAnchorBytecode, [
    name,
    `0x${point.slice(2, 66)}`,
    `0x${point.slice(66)}`,
  ])
  const args = (note: string): readonly [bigint, Hex, readonly Hex[], Hex, Hex] => {
    const lines = note.split('\n').filter((line) => line.startsWith('— '))
    const signatures = lines.map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
    const signature = signatures.find((bytes) => bytes.subarray(0, 4).toString('hex') === keyId)
    assert.ok(signature)
    const [r, s] = [signature.subarray(4, 36), signature.subarray(36)].map(
      (b): Hex => `0x${b.toString('hex')}`,
    )
    return [BigInt(valid.size), `0x${valid.logRoot}`, [], r ?? '0x', s ?? '0x']
  }
  const high = invalid['P-256 signature with high s']
  assert.ok(high !== undefined)
  await anchor.refuses('InvalidSignature', person(1), 'anchor', args(high))
  await anchor.send(person(1), 'anchor', args(valid.note))
  assert.deepEqual(await anchor.read('latest', []), [BigInt(valid.size), `0x${valid.logRoot}`, chain.number])
})

test('the anchor takes every consistency proof of the vectors', async () => {
  type Vector = {
    readonly roots: readonly { readonly size: number; readonly root: string }[]
    readonly consistency: readonly {
      readonly oldSize: number
      readonly size: number
      readonly proof: readonly string[]
    }[]
  }
  const { roots, consistency } = json<Vector>('vectors/tlog/tree.json')
  const rootOf = new Map(roots.map(({ size, root }): readonly [number, Hex] => [size, `0x${root}`]))
  const chain = await Chain.start()
  const key = generateLogKey()
  const anchor = await chain.deploy(contracts.logAnchorAbi, contracts.logAnchorBytecode, [
    'vectors',
    key.qx,
    key.qy,
  ])
  const extend = (size: number, proof: readonly string[]): Promise<unknown> => {
    const logRoot = rootOf.get(size)
    assert.ok(logRoot)
    const { r, s } = key.sign(checkpointText('vectors', size, logRoot))
    return anchor.send(person(1), 'anchor', [
      BigInt(size),
      logRoot,
      proof.map((node): Hex => `0x${node}`),
      r,
      s,
    ])
  }
  // The contract has no use for proofs from the empty log or between equal sizes; some vectors give no roots.
  const used = consistency.filter(
    ({ oldSize, size }) => oldSize > 0 && oldSize < size && rootOf.has(oldSize) && rootOf.has(size),
  )
  assert.ok(used.length > 3)
  for (const { oldSize, size, proof } of used) {
    await chain.scratch(async () => {
      await extend(oldSize, [])
      await extend(size, proof)
    })
  }
})
