import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as contracts from '@commonhold/contracts'
import { compileContracts } from '../tools/compile.ts'

const room = path.dirname(import.meta.dirname)
const runtimes: Readonly<Record<string, string>> = {
  PayoutPool: contracts.payoutPoolRuntimeBytecode,
  Shares: contracts.sharesRuntimeBytecode,
  PracticeDollar: contracts.practiceDollarRuntimeBytecode,
  LogAnchor: contracts.logAnchorRuntimeBytecode,
}

test('the committed ABI, bytecode and slots are what the compiler makes of the sources', () => {
  const generated = compileContracts()
  assert.equal(generated.size, 5)
  for (const [file, text] of generated) {
    // Not deepEqual: a difference of 60 kB of hex helps nobody.
    assert.ok(readFileSync(path.join(room, file), 'utf8') === text, `${file}: run npm run build:contracts`)
  }
})

for (const [name, runtime] of Object.entries(runtimes)) {
  test(`${name} fits on a chain and can neither run foreign code in its name nor disappear`, () => {
    const bytes = Buffer.from(runtime.slice(2), 'hex')
    assert.ok(bytes.length <= 24_576, 'EIP-170')
    for (const opcode of opcodes(bytes)) {
      assert.ok(![0xf2, 0xf4, 0xff].includes(opcode), 'CALLCODE, DELEGATECALL or SELFDESTRUCT')
    }
  })
}

test('the immutables are listed where the code on chain has zeros', () => {
  const bytes = Buffer.from(contracts.payoutPoolRuntimeBytecode.slice(2), 'hex')
  for (const places of Object.values(contracts.payoutPoolImmutables)) {
    assert.ok(places.length > 0)
    for (const { start, length } of places) {
      assert.deepEqual(bytes.subarray(start, start + length), Buffer.alloc(length))
    }
  }
})

/** Opcodes without the data that PUSH1..PUSH32 carry and without the trailing CBOR metadata. */
function opcodes(code: Buffer): readonly number[] {
  const end = code.length - 2 - code.readUInt16BE(code.length - 2)
  const found: number[] = []
  for (let i = 0; i < end; i++) {
    const opcode = code[i] as number
    found.push(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f
  }
  return found
}
