import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharesAbi, sharesBytecode } from '@commonhold/contracts'
import { getAddress, type Hex } from 'viem'
import { Chain, person } from './support/evm.ts'

const [MINTER, ANN, BEN] = [person(1), person(2), person(3)]
const ZERO: Hex = `0x${'00'.repeat(20)}`
const chain = await Chain.start()
const shares = await chain.deploy(sharesAbi, sharesBytecode, ['Shares of the hall', 'HALL', MINTER])

const it = (name: string, work: () => Promise<void>): unknown => test(name, () => chain.scratch(work))
const mint = (to: Hex, amount: bigint): Promise<unknown> => shares.send(MINTER, 'mint', [to, amount])

it('only the minter mints', async () => {
  await shares.refuses('NotMinter', ANN, 'mint', [ANN, 1n], [getAddress(ANN)])
  await mint(ANN, 5n)
  assert.equal(await shares.read('balanceOf', [ANN]), 5n)
  assert.equal(await shares.read('totalSupply', []), 5n)
  assert.equal(await shares.read('decimals', []), 6)
})

it('nobody transfers, with an allowance or without', async () => {
  await mint(ANN, 5n)
  await shares.refuses('NotTransferable', ANN, 'transfer', [BEN, 1n])
  await shares.refuses('NotTransferable', ANN, 'transfer', [ANN, 0n])
  await shares.send(ANN, 'approve', [BEN, 1n])
  await shares.refuses('NotTransferable', BEN, 'transferFrom', [ANN, BEN, 1n])
  await shares.refuses('ERC20InvalidReceiver', MINTER, 'mint', [ZERO, 1n])
})

it('votes count from the first mint on, without a delegation', async () => {
  await mint(ANN, 5n)
  await mint(ANN, 2n)
  assert.equal(await shares.read('delegates', [ANN]), getAddress(ANN))
  assert.equal(await shares.read('getVotes', [ANN]), 7n)
})

it('votes follow a delegation and come back when it ends', async () => {
  await mint(ANN, 5n)
  await shares.send(ANN, 'delegate', [BEN])
  await mint(ANN, 2n)
  await mint(BEN, 1n)
  assert.equal(await shares.read('getVotes', [ANN]), 0n)
  assert.equal(await shares.read('getVotes', [BEN]), 8n)
  await shares.send(ANN, 'delegate', [ZERO])
  assert.equal(await shares.read('delegates', [ANN]), getAddress(ANN))
  assert.equal(await shares.read('getVotes', [ANN]), 7n)
  assert.equal(await shares.read('getVotes', [BEN]), 1n)
  await mint(ANN, 1n)
  assert.equal(await shares.read('getVotes', [ANN]), 8n)
})

it('past votes are looked up by Unix time', async () => {
  await mint(ANN, 5n)
  const then = chain.time
  chain.warp(10n)
  await mint(ANN, 3n)
  chain.warp(1n)
  assert.equal(await shares.read('getPastVotes', [ANN, then]), 5n)
  assert.equal(await shares.read('getPastVotes', [ANN, then + 10n]), 8n)
  assert.equal(await shares.read('getPastTotalSupply', [then]), 5n)
  assert.equal(await shares.read('CLOCK_MODE', []), 'mode=timestamp')
  assert.equal(await shares.read('clock', []), Number(chain.time))
})

it('construction refuses a name of more than 31 bytes, and nobody as minter', async () => {
  await chain.deploy(sharesAbi, sharesBytecode, ['n'.repeat(31), 'N', MINTER])
  await assert.rejects(chain.deploy(sharesAbi, sharesBytecode, ['n'.repeat(32), 'N', MINTER]), {
    errorName: 'StringTooLong',
  })
  await assert.rejects(chain.deploy(sharesAbi, sharesBytecode, ['n', 'N', ZERO]), {
    errorName: 'ZeroAddress',
  })
})
