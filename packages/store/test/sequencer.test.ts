import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { fromUtf8, ProtocolError, utf8 } from '@commonhold/protocol'
import fc from 'fast-check'
import { type AppendEntry, createSequencer, type LogLease, type Store } from '../src/index.ts'
import { newStore, suiteScope } from './homes.ts'

suite('a sequencer', () => {
  let store: Store
  const scope = suiteScope(after)
  before(async () => {
    store = await newStore(scope)
  })

  /** Refuses every submission that begins with "bad". */
  const plain = (text: string): AppendEntry => {
    if (text.startsWith('bad')) throw new ProtocolError('event.invalid', text)
    return { bytes: utf8(text), addenda: [] }
  }
  const unexpected = (error: unknown): void => assert.fail(String(error))

  async function texts(from: number): Promise<readonly string[]> {
    const found: string[] = []
    for await (const { bytes } of store.log.read(from)) found.push(fromUtf8(bytes))
    return found
  }

  test('answers every submission with the index under which it is durable, in order of arrival', async () => {
    const start = await store.log.size()
    await using lease = await store.log.lease()
    const sequencer = createSequencer({ lease, nextIndex: start, decide: plain, onFailure: unexpected })
    const submitted = Array.from({ length: 1500 }, (_, i) => `${i % 7 === 3 ? 'bad' : 'good'} ${i}`)
    const outcomes = await Promise.allSettled(submitted.map((text) => sequencer.submit(text)))
    const admitted = submitted.filter((text) => !text.startsWith('bad'))
    assert.deepEqual(await texts(start), admitted)
    let next = start
    for (const [i, outcome] of outcomes.entries()) {
      if (submitted[i]?.startsWith('bad')) assert.equal(outcome.status, 'rejected')
      else assert.deepEqual(outcome, { status: 'fulfilled', value: { index: next++ } })
    }
  })

  test('keeps the log equal to what it acknowledged, whatever the bounds of a group', async () => {
    await using lease = await store.log.lease()
    const submissions = fc.array(fc.record({ text: fc.string({ maxLength: 40 }), pause: fc.boolean() }), {
      maxLength: 40,
    })
    const bounds = fc.record({
      maxEntries: fc.integer({ min: 1, max: 9 }),
      maxBytes: fc.integer({ min: 1, max: 200 }),
    })
    await fc.assert(
      fc.asyncProperty(submissions, bounds, async (items, limits) => {
        const start = await store.log.size()
        const sequencer = createSequencer({
          lease,
          nextIndex: start,
          decide: plain,
          onFailure: unexpected,
          ...limits,
        })
        const acknowledged: string[] = []
        const answers: Promise<void>[] = []
        for (const { text, pause } of items) {
          const note = ({ index }: { readonly index: number }): void => {
            acknowledged[index - start] = text
          }
          answers.push(sequencer.submit(text).then(note))
          if (pause) await new Promise((resolve) => setImmediate(resolve))
        }
        await sequencer.close()
        await Promise.all(answers)
        assert.deepEqual(await texts(start), acknowledged)
        await assert.rejects(sequencer.submit('late'), { code: 'store.unavailable' })
      }),
      { numRuns: 25 },
    )
  })

  test('commits artifacts and calls with their entry', async () => {
    const start = await store.log.size()
    await using lease = await store.log.lease()
    const decide = (text: string): AppendEntry & { also: object } => ({
      ...plain(text),
      also: { artifacts: [{ name: `of/${text}`, bytes: utf8(text) }], outbox: [{ id: text, call: {} }] },
    })
    const sequencer = createSequencer({ lease, nextIndex: start, decide, onFailure: unexpected })
    await Promise.all(['first', 'second'].map((text) => sequencer.submit(text)))
    assert.deepEqual(await store.artifacts.names('of/'), ['of/first', 'of/second'])
    assert.equal((await store.outbox.pending()).length, 2)
  })

  test('is broken for good when an append fails: everything pending is rejected, nothing is written', async () => {
    const start = await store.log.size()
    const lease: LogLease = await store.log.lease()
    const failures: unknown[] = []
    const onFailure = (error: unknown): number => failures.push(error)
    const options = { lease, nextIndex: start, decide: plain, onFailure, maxEntries: 10 }
    const sequencer = createSequencer(options)
    await sequencer.submit('fine')
    await lease.release()
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => sequencer.submit(`${i}`)))
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
    await assert.rejects(sequencer.submit('more'), { code: 'home.busy' })
    assert.equal(failures.length, 1)
    assert.equal(await store.log.size(), start + 1)
  })

  test('refuses only when what the refusal rests on is durable', async () => {
    const lease = await store.log.lease()
    const seen = new Set<string>()
    const decide = (text: string): AppendEntry => {
      if (seen.has(text)) throw new ProtocolError('nonce.reused', 'it stands in the log')
      seen.add(text)
      return plain(text)
    }
    const options = { lease, nextIndex: await store.log.size(), decide, onFailure: () => undefined }
    const sequencer = createSequencer(options)
    const code = (outcome: PromiseSettledResult<unknown>): string =>
      outcome.status === 'fulfilled' ? 'ok' : outcome.reason.code
    const first = await Promise.allSettled(['once', 'once'].map((text) => sequencer.submit(text)))
    assert.deepEqual(first.map(code), ['ok', 'nonce.reused'])
    await lease.release()
    const second = await Promise.allSettled(['lost', 'lost'].map((text) => sequencer.submit(text)))
    assert.deepEqual(second.map(code), ['home.busy', 'home.busy'])
  })

  test('stops at a bug in the rules, before anything of that group is written', async () => {
    const start = await store.log.size()
    await using lease = await store.log.lease()
    const failures: unknown[] = []
    const decide = (text: string): AppendEntry => {
      if (text === 'bug') throw new TypeError('undefined is not a function')
      return plain(text)
    }
    const onFailure = (error: unknown): number => failures.push(error)
    const sequencer = createSequencer({ lease, nextIndex: start, decide, onFailure })
    const outcomes = await Promise.allSettled(['a', 'bug', 'b'].map((text) => sequencer.submit(text)))
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected')
      assert.equal(outcome.reason.code, 'store.unavailable')
    }
    assert.ok(failures[0] instanceof TypeError)
    assert.equal(await store.log.size(), start)
  })
})
