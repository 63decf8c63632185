import assert from 'node:assert/strict'
import { test } from 'node:test'
import { practiceDollarAbi, practiceDollarBytecode } from '@commonhold/contracts'
import { type Hex, keccak256, parseSignature, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { Chain, person } from './support/evm.ts'

const OWNER = person(1)
const [RELAYER, SHOP] = [person(2), person(3)]
const payer = privateKeyToAccount(keccak256(toHex('payer')))
const ANN = payer.address.toLowerCase() as Hex
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const chain = await Chain.start()
const dollar = await chain.deploy(practiceDollarAbi, practiceDollarBytecode, [OWNER, BigInt(chain.chainId)])

const TRANSFER = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
]
const TYPES = {
  TransferWithAuthorization: TRANSFER,
  ReceiveWithAuthorization: TRANSFER,
  CancelAuthorization: [
    { name: 'authorizer', type: 'address' },
    { name: 'nonce', type: 'bytes32' },
  ],
}
type Transfer = {
  readonly from: Hex
  readonly to: Hex
  readonly value: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly nonce: Hex
}
const transfer = (change: Partial<Transfer> = {}): Transfer => ({
  from: ANN,
  to: SHOP,
  value: 30n,
  validAfter: chain.time - 1n,
  validBefore: chain.time + 1n,
  nonce: keccak256(toHex('a nonce')),
  ...change,
})

type Signed = readonly [v: number, r: Hex, s: Hex]
async function sign(
  primaryType: keyof typeof TYPES,
  message: Record<string, unknown>,
  on = chain.chainId,
): Promise<Signed> {
  const domain = { name: 'Practice Dollar', version: '1', chainId: on, verifyingContract: dollar.address }
  const { r, s, yParity } = parseSignature(
    await payer.signTypedData({ domain, types: TYPES, primaryType, message }),
  )
  return [27 + yParity, r, s]
}

const argsOf = ({ from, to, value, validAfter, validBefore, nonce }: Transfer, [v, r, s]: Signed) =>
  [from, to, value, validAfter, validBefore, nonce, v, r, s] as const

const it = (name: string, work: () => Promise<void>): unknown =>
  test(name, () =>
    chain.scratch(async () => {
      await dollar.send(OWNER, 'mint', [ANN, 100n])
      await work()
    }),
  )

it('only the owner mints, in millionths', async () => {
  await dollar.refuses('NotOwner', ANN, 'mint', [ANN, 1n])
  assert.equal(await dollar.read('decimals', []), 6)
  assert.equal(await dollar.read('name', []), 'Practice Dollar')
})

it('is not deployed on a chain that was not meant', async () => {
  await assert.rejects(chain.deploy(practiceDollarAbi, practiceDollarBytecode, [OWNER, 1n]), {
    errorName: 'WrongChain',
  })
})

it('a signed authorisation moves money once, whoever relays it', async () => {
  const message = transfer()
  const args = argsOf(message, await sign('TransferWithAuthorization', message))
  await dollar.send(RELAYER, 'transferWithAuthorization', args)
  assert.equal(await dollar.read('balanceOf', [SHOP]), 30n)
  assert.equal(await dollar.read('authorizationState', [ANN, message.nonce]), true)
  await dollar.refuses('ERC3009UsedAuthorization', RELAYER, 'transferWithAuthorization', args)
})

it('nonces are random: two authorisations arrive in any order', async () => {
  const messages = ['second', 'first'].map((text) => transfer({ nonce: keccak256(toHex(text)) }))
  for (const message of messages) {
    const args = argsOf(message, await sign('TransferWithAuthorization', message))
    await dollar.send(RELAYER, 'transferWithAuthorization', args)
  }
  assert.equal(await dollar.read('balanceOf', [SHOP]), 60n)
})

it('an authorisation is valid strictly between its two times', async () => {
  for (const change of [{ validAfter: chain.time }, { validBefore: chain.time }]) {
    const message = transfer(change)
    const args = argsOf(message, await sign('TransferWithAuthorization', message))
    await dollar.refuses('ERC3009InvalidAuthorizationTime', RELAYER, 'transferWithAuthorization', args)
  }
})

it('a changed field, another chain and a high s are refused', async () => {
  const message = transfer()
  const signature = await sign('TransferWithAuthorization', message)
  for (const change of [
    { value: 31n },
    { to: RELAYER },
    { from: SHOP },
    { nonce: keccak256(toHex('other')) },
  ]) {
    const args = argsOf({ ...message, ...change }, signature)
    await dollar.refuses('ERC3009InvalidSignature', RELAYER, 'transferWithAuthorization', args)
  }
  const elsewhere = argsOf(message, await sign('TransferWithAuthorization', message, chain.chainId + 1))
  await dollar.refuses('ERC3009InvalidSignature', RELAYER, 'transferWithAuthorization', elsewhere)
  const [v, r, s] = signature
  const high = argsOf(message, [v === 27 ? 28 : 27, r, toHex(SECP256K1_ORDER - BigInt(s), { size: 32 })])
  await dollar.refuses('ECDSAInvalidSignatureS', RELAYER, 'transferWithAuthorization', high)
})

it('a receive authorisation works only for the payee', async () => {
  const message = transfer()
  const args = argsOf(message, await sign('ReceiveWithAuthorization', message))
  await dollar.refuses('ERC20InvalidReceiver', RELAYER, 'receiveWithAuthorization', args)
  await dollar.refuses('ERC3009InvalidSignature', RELAYER, 'transferWithAuthorization', args)
  await dollar.send(SHOP, 'receiveWithAuthorization', args)
  assert.equal(await dollar.read('balanceOf', [SHOP]), 30n)
})

it('a cancelled authorisation moves nothing', async () => {
  const message = transfer()
  const cancel = await sign('CancelAuthorization', { authorizer: ANN, nonce: message.nonce })
  await dollar.send(RELAYER, 'cancelAuthorization', [ANN, message.nonce, ...cancel])
  const args = argsOf(message, await sign('TransferWithAuthorization', message))
  await dollar.refuses('ERC3009UsedAuthorization', RELAYER, 'transferWithAuthorization', args)
})
