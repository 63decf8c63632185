import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import {
  type AuditReport,
  auditExport,
  CHAIN_PROOF_PATH,
  depositsProofPath,
  logPath,
  MANIFEST_PATH,
  payoutsPath,
  statementPath,
} from '@commonhold/audit'
import { createNodeVerifier } from '@commonhold/keys'
import {
  closeRound,
  exportHome,
  type LogSigners,
  openLogKeys,
  postPayouts,
  sealEnvelope,
  vetoPending,
} from '@commonhold/node'
import { type CommunityEvent, type MemberId, sha256, toHex, unixMillis } from '@commonhold/protocol'
import { addendaPath, entriesPath, type PackedAddendum, tilePath } from '@commonhold/tlog'
import {
  copyHome,
  found,
  newHome,
  type Opened,
  openHome,
  playRound,
  removeHome,
  settleRound,
} from '../../../packages/node/test/small-community.ts'
import { type LoggedEntry, readEntries, swapped, writeLog } from './support/forged-log.ts'
import { closeDishonestly, type Lie } from './support/hostile-node.ts'

const CLI = join(import.meta.dirname, '../src/main.ts')

let scratch: string
/** Before the first round closes: where an operator can begin to lie. */
let unsettled: string
/** An honest export of two rounds. */
let honest: string
let size: number
let keys: LogSigners
/** What an honest node says of the first round. */
let truth: Readonly<Record<string, unknown>>
let nodeKey: Opened['community']['nodeKey']

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'commonhold-tamper-'))
  honest = join(scratch, 'honest')
  unsettled = newHome()
  {
    await using opened = await openHome(unsettled)
    await found(opened)
    await playRound(opened, 1, 40)
  }
  const home = copyHome(unsettled)
  {
    await using opened = await openHome(home)
    await settleRound(opened)
    await playRound(opened, 2, 20)
    await settleRound(opened)
    const { community, chain } = opened
    await exportHome(community, chain, honest)
    size = community.view.size
    truth = { ...community.view.rounds[0]?.closed }
    nodeKey = community.nodeKey
    keys = openLogKeys(community.keys, community.home.origin, true)
  }
  removeHome(home)
})

after(() => {
  removeHome(unsettled)
  rmSync(scratch, { recursive: true, force: true })
})

let copies = 0
function copy(): string {
  const folder = join(scratch, `copy-${copies++}`)
  cpSync(honest, folder, { recursive: true })
  return folder
}

/** In this process: what a separate one says of the same folder is tested with the hostile operators. */
function audit(folder: string): Promise<AuditReport> {
  const read = (path: string): Promise<Uint8Array | undefined> =>
    Promise.resolve().then(() => {
      try {
        return readFileSync(join(folder, path))
      } catch {
        return undefined
      }
    })
  return auditExport({ read }, { verifier: createNodeVerifier() })
}

function command(folder: string): { readonly code: number | null; readonly report: AuditReport } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'audit', folder, '--json'], {
    encoding: 'utf8',
  })
  assert.notEqual(stdout, '', stderr)
  return { code: status, report: JSON.parse(stdout) as AuditReport }
}

suite('an export that nobody touched', () => {
  test('passes, by the command line as well', async () => {
    const report = await audit(honest)
    assert.deepEqual(
      report.steps.filter(({ ok }) => !ok),
      [],
    )
    const { code, report: printed } = command(honest)
    assert.equal(code, 0)
    assert.equal(printed.ok, true)
    assert.deepEqual(printed.rounds, report.rounds)
    assert.equal(printed.logSize, size)
  })

  test('passes with its log written anew from the same entries', async () => {
    const folder = copy()
    await writeLog(folder, readEntries(folder), keys)
    assert.equal((await audit(folder)).ok, true)
  })

  test('is never plainly proved: what rests on a word is marked so, with whose word it is', async () => {
    const { steps } = await audit(honest)
    const attested = steps.filter(({ level }) => level === 'attested')
    for (const name of ['time', 'draws', 'gold', 'chain proof', 'payouts on chain', 'anchor'])
      assert.ok(
        attested.some((step) => step.name === name && step.reason),
        name,
      )
    assert.match(steps.find(({ name }) => name === 'anchor')?.reason ?? '', /same operator/)
  })
})

suite('one flipped byte', () => {
  const flips: readonly (readonly [what: string, path: () => string, step: string])[] = [
    ['a tile', () => logPath(tilePath(0, 0, size)), 'log'],
    ['an entry', () => logPath(entriesPath(0, size)), 'log'],
    ['an addendum', () => logPath(addendaPath(0, size)), 'addenda'],
    ['a statement', () => statementPath(1), 'round 1 statement'],
    ['a payout row', () => payoutsPath(2), 'round 2 payouts'],
    ['the chain proof', () => CHAIN_PROOF_PATH, 'chain proof'],
    ['the proof of deposits', () => depositsProofPath(1), 'round 1 deposits'],
    ['the manifest', () => MANIFEST_PATH, 'manifest'],
  ]
  for (const [what, path, step] of flips) {
    test(`in ${what} fails at the step "${step}" and names the file`, async () => {
      const folder = copy()
      const file = join(folder, path())
      const bytes = readFileSync(file)
      const at = bytes.length >> 1
      bytes[at] = (bytes[at] as number) ^ 1
      writeFileSync(file, bytes)
      const report = await audit(folder)
      assert.equal(report.ok, false)
      assert.equal(report.firstDifference?.step, step, JSON.stringify(report.firstDifference))
      assert.ok(report.firstDifference.where.includes(path()), report.firstDifference.where)
    })
  }

  test("in the checkpoint's root fails at the checkpoint", async () => {
    const folder = copy()
    const file = join(folder, logPath('checkpoint'))
    const lines = readFileSync(file, 'utf8').split('\n')
    lines[2] = Buffer.from(sha256(Buffer.from(lines[2] as string))).toString('base64')
    writeFileSync(file, lines.join('\n'))
    assert.equal((await audit(folder)).firstDifference?.step, 'checkpoint')
  })
})

suite('an operator who signs, posts and anchors a lie', () => {
  const lies: readonly (readonly [lie: Lie, step: string, where: string])[] = [
    ['datasetRoot', 'round 1', 'round 1, datasetRoot'],
    ['modelHash', 'round 1', 'round 1, modelHash'],
    ['attributionRoot', 'round 1', 'round 1, attributionRoot'],
    ['payoutRoot', 'round 1', 'round 1, payoutRoot'],
    ['deposits', 'round 1 deposits', 'round 1, totals.sponsors'],
  ]
  for (const [lie, step, where] of lies) {
    test(`about ${lie} is found at "${where}", with both values, and the command exits 1`, async () => {
      const home = copyHome(unsettled)
      const folder = join(scratch, lie)
      let logged: Readonly<Record<string, unknown>>
      {
        await using opened = await openHome(home)
        await closeDishonestly(opened, lie)
        await exportHome(opened.community, opened.chain, folder)
        logged = { ...opened.community.view.rounds[0]?.closed }
      }
      removeHome(home)
      const { code, report } = command(folder)
      assert.equal(code, 1)
      assert.equal(report.ok, false)
      const difference = report.firstDifference
      assert.equal(difference?.step, step)
      assert.equal(difference.where, where)
      if (lie === 'deposits') {
        assert.equal(difference.expected, '100000000')
        assert.equal(difference.found, '90000000')
        return
      }
      assert.equal(difference.expected, truth[lie])
      assert.equal(difference.found, logged[lie])
      assert.notEqual(difference.found, truth[lie])
      // Nothing before the lie is accused.
      for (const name of ['log', 'addenda', 'entries', 'signatures', 'rules', 'anchor'])
        assert.equal(report.steps.find((one) => one.name === name)?.ok, true, name)
    })
  }
})

suite('somebody with the keys of the log who rewrites it', () => {
  const indexOf = (entries: readonly LoggedEntry[], type: string, from = 0): number =>
    entries.findIndex(({ entry }, i) => i >= from && entry.events[0]?.type === type)

  async function rewritten(
    change: (entries: readonly LoggedEntry[]) => readonly LoggedEntry[],
  ): Promise<AuditReport> {
    const folder = copy()
    await writeLog(folder, change(readEntries(folder)), keys)
    const report = await audit(folder)
    assert.equal(report.ok, false)
    return report
  }

  const resigned = (entries: readonly LoggedEntry[], sign: (signature: Uint8Array) => Uint8Array) => {
    const index = indexOf(entries, 'contribution.submitted')
    const { entry, addenda } = entries[index] as LoggedEntry
    const signature = new Uint8Array(sign(entry.signature))
    return { index, entries: entries.with(index, { entry: { ...entry, signature }, addenda }) }
  }

  test('cannot forge a signature', async () => {
    let index = 0
    const report = await rewritten((entries) => {
      const forged = resigned(entries, (signature) =>
        signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
      )
      index = forged.index
      return forged.entries
    })
    assert.equal(report.firstDifference?.step, 'signatures')
    assert.equal(report.firstDifference.where, `entry ${index}`)
  })

  test('cannot use the high-s twin of a signature', async () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const report = await rewritten(
      (entries) =>
        resigned(entries, (signature) => {
          const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
          const high = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
          return Buffer.concat([signature.subarray(0, 32), high])
        }).entries,
    )
    assert.equal(report.firstDifference?.step, 'signatures')
  })

  test('cannot reorder two entries: the draws follow from the order, and the chain has the old root', async () => {
    const report = await rewritten((entries) => swapped(entries, indexOf(entries, 'contribution.submitted')))
    assert.equal(report.firstDifference?.step, 'round 1')
    assert.equal(report.firstDifference.where, 'round 1, seed')
    assert.equal(report.steps.find(({ name }) => name === 'anchor')?.ok, false)
  })

  test('cannot omit an entry: events of the node say where they stand', async () => {
    const report = await rewritten((entries) =>
      entries.toSpliced(indexOf(entries, 'contribution.submitted'), 1),
    )
    assert.equal(report.firstDifference?.step, 'rules')
    assert.match(report.firstDifference.found, /event\.out_of_order/)
  })

  test('cannot cut off the end: the chain has anchored more', async () => {
    const report = await rewritten((entries) => entries.slice(0, -1))
    assert.equal(report.firstDifference?.step, 'anchor')
    assert.equal(report.firstDifference.found, String(size))
    assert.match(report.firstDifference.expected, new RegExp(`${size - 1} entries`))
  })

  test('cannot swap the contents of two entries', async () => {
    const report = await rewritten((entries) => {
      const first = indexOf(entries, 'contribution.submitted')
      const [a, b] = [entries[first] as LoggedEntry, entries[first + 1] as LoggedEntry]
      return entries.with(first, { ...a, addenda: b.addenda }).with(first + 1, { ...b, addenda: a.addenda })
    })
    assert.equal(report.firstDifference?.step, 'addenda')
    assert.equal(report.firstDifference.expected.length, 64)
    assert.equal(report.firstDifference.found.length, 64)
  })

  test('cannot pass off a content as erased', async () => {
    const report = await rewritten((entries) => {
      const index = indexOf(entries, 'contribution.submitted')
      const { entry, addenda } = entries[index] as LoggedEntry
      const erased = addenda.map(({ digest }): PackedAddendum => ({ digest, bytes: null }))
      return entries.with(index, { entry, addenda: erased })
    })
    assert.equal(report.firstDifference?.step, 'addenda')
    assert.match(report.firstDifference.found, /erased/)
  })

  test('cannot close a round with an older block than the round before: deposits since would be hidden', async () => {
    let before = 0
    const report = await rewritten((entries) => {
      const closings = entries.flatMap(({ entry }, at) => {
        const [event] = entry.events
        return event?.type === 'round.closed' ? [{ at, event }] : []
      })
      const [first, second] = closings
      if (first === undefined || second === undefined) throw new Error('there are two rounds')
      before = first.event.block.number
      const block = { ...second.event.block, number: before - 1 }
      const { envelope } = sealEnvelope(nodeKey, [{ event: { ...second.event, block } }])
      const { entry, addenda } = entries[second.at] as LoggedEntry
      return entries.with(second.at, { entry: { ...envelope, at: entry.at }, addenda })
    })
    assert.equal(report.firstDifference?.step, 'round 2 deposits')
    assert.equal(report.firstDifference.where, 'round 2, block.number')
    assert.equal(report.firstDifference.expected, `at least that of the round before, ${before}`)
    assert.equal(report.firstDifference.found, String(before - 1))
  })

  test('cannot choose, after the reviews, a block from before their end', async () => {
    // A block cannot be made to look younger, so the reviews are made to end a day after it.
    const report = await rewritten((entries) => {
      const from = indexOf(entries, 'round.reviews.closed')
      return entries.map(({ entry, addenda }, index) =>
        index < from
          ? { entry, addenda }
          : { entry: { ...entry, at: unixMillis(entry.at + 86_400_000) }, addenda },
      )
    })
    assert.equal(report.firstDifference?.step, 'round 1 deposits')
    assert.equal(report.firstDifference.where, 'round 1, block.timestamp')
  })

  test('cannot log a payment that the chain never made', async () => {
    const report = await rewritten((entries) => {
      const last = (entries.at(-1) as LoggedEntry).entry
      const claimed = entries.findLast(({ entry }) => entry.events[0]?.type === 'payout.claimed')
      const event = claimed?.entry.events[0] as CommunityEvent & { readonly type: 'payout.claimed' }
      const more = {
        ...event,
        index: entries.length,
        who: event.who as MemberId,
        money: String(BigInt(event.money) + 1n),
      }
      const { envelope } = sealEnvelope(nodeKey, [{ event: more }])
      return [...entries, { entry: { ...envelope, at: unixMillis(last.at) }, addenda: [] }]
    })
    assert.equal(report.firstDifference?.step, 'payouts on chain')
    assert.match(report.firstDifference.where, /^payout\.claimed of member/)
  })
})

suite('an operator of the contracts', () => {
  test('cannot leave out the practice money, which shows whether the pool has what it promised', async () => {
    const folder = copy()
    const file = join(folder, CHAIN_PROOF_PATH)
    const proof = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>
    writeFileSync(file, JSON.stringify({ ...proof, token: null }))
    const report = await audit(folder)
    assert.equal(report.firstDifference?.step, 'contracts')
    assert.equal(report.firstDifference.where, 'chain/proof.json, token')
  })

  test('cannot say that a root is posted which the guardian has vetoed', async () => {
    const home = copyHome(unsettled)
    const folder = join(scratch, 'vetoed')
    {
      await using opened = await openHome(home)
      const { community, chain } = opened
      await closeRound(community, chain)
      await chain.settle()
      await vetoPending(community, chain, `0x${toHex(community.keys.get('guardian'))}`)
      // Logged last: this community's clock then passes the delay, in which alone a veto is possible.
      await postPayouts(community, chain)
      await exportHome(community, chain, folder)
    }
    removeHome(home)
    const { firstDifference } = await audit(folder)
    assert.deepEqual(firstDifference, {
      step: 'payouts on chain',
      where: 'the root of round 1',
      expected: 'posted, as the log says',
      found: 'round 1 is not on chain: vetoed, or withheld',
    })
  })

  test('cannot be its own guardian', async () => {
    const home = newHome()
    const folder = join(scratch, 'own-guardian')
    {
      await using opened = await openHome(home)
      const { community } = opened
      community.keys.ensure('operator')
      const { keys: ring } = community.home
      cpSync(join(ring, 'operator.key'), join(ring, 'guardian.key'))
    }
    {
      await using opened = await openHome(home)
      await found(opened)
      await exportHome(opened.community, opened.chain, folder)
    }
    removeHome(home)
    const { code, report } = command(folder)
    assert.equal(code, 1)
    assert.equal(report.firstDifference?.where, 'pool.GUARDIAN')
    assert.equal(report.firstDifference.expected, 'somebody else than the publisher')
  })

  test('is named with every power and delay that the pool gives', () => {
    const { report } = command(honest)
    const { detail = '' } = report.steps.find(({ name }) => name === 'contracts') ?? {}
    const address = '0x[0-9a-f]{40}'
    assert.match(
      detail,
      new RegExp(
        `publisher ${address}, guardian ${address}, treasury ${address}, activation after 86400 s, sweep after 604800 s$`,
      ),
    )
  })
})

test('an export that was interrupted does not pass for one', async () => {
  const folder = copy()
  rmSync(join(folder, MANIFEST_PATH))
  const report = await audit(folder)
  assert.equal(report.firstDifference?.step, 'manifest')
  assert.match(report.firstDifference.found, /missing/)
})
