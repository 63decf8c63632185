// Imports into a real home: every row once, whatever happens between.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { importContributions, importedItems, importIds, lastState, memberSigner } from '@commonhold/node'
import { addendumText, type Digest, ProtocolError } from '@commonhold/protocol'
import { createHome, FOUNDER, LABELS, look, openHome } from './support/home.ts'
import { commonhold, type Ran, scratch } from './support/run.ts'

const files = scratch()
let home = ''
before(async () => {
  home = await createHome(files.folder)
})
after(() => files[Symbol.dispose]())

const run = (...args: readonly string[]): Ran => commonhold(...args, '--home', home)
const COLUMNS = ['--text', 'text', '--label', 'label', '--author', 'author'] as const

const digestOf = (file: string): Digest =>
  createHash('sha256').update(readFileSync(file)).digest('hex') as Digest

/** Texts of several lines, quotes and scripts; seven authors. */
const rowsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    text: `${name} "${i}",\nraffreddato, مفتاح, 騒音`,
    label: LABELS[i % 3] as string,
    author: `person ${i % 7}`,
  }))

const tableOf = (name: string, count: number): string =>
  files.file(
    `${name}.csv`,
    `text,label,author\r\n${rowsOf(name, count)
      .map(({ text, label, author }) => `"${text.replaceAll('"', '""')}",${label},${author}\r\n`)
      .join('')}`,
  )

type Imported = {
  readonly file: string
  readonly rows: number
  readonly imported: number
  readonly repeated: number
  readonly authors: number
  readonly logSize: number
}
const resultOf = ({ code, stdout, stderr }: Ran): Imported => {
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout) as Imported
}

/** The rows of a file as the log and the addenda hold them, in the file's order. */
const stored = (file: string, count: number) =>
  look(home, async (view, { store }) => {
    const itemAt = importedItems(view, digestOf(file))
    const items = Array.from({ length: count }, (_, row) => {
      const item = itemAt(row)
      assert.ok(item, `row ${row} is missing`)
      return view.contributions.get(item)
    })
    const texts = await store.addenda.get(items.map((item) => item?.content as Digest))
    return items.map((item) => ({
      text: addendumText(texts.get(item?.content as Digest) as Uint8Array),
      label: item?.label,
      author: item?.author,
    }))
  })

async function holds(file: string, name: string, count: number): Promise<void> {
  const rows = await stored(file, count)
  const wanted = rowsOf(name, count)
  assert.deepEqual(
    rows.map(({ text, label }) => ({ text, label })),
    wanted.map(({ text, label }) => ({ text, label })),
  )
  // The same people, and only they, have the same id.
  const ids = new Map<string, unknown>()
  for (const [i, { author }] of rows.entries()) {
    const name = wanted[i]?.author as string
    assert.equal(ids.get(name) ?? author, author)
    ids.set(name, author)
  }
  assert.equal(new Set(ids.values()).size, new Set(wanted.map(({ author }) => author)).size)
}

const contributions = () => look(home, (view) => view.contributions.size)

describe('import', () => {
  test('a second run finds every row in the log and doubles nothing', async () => {
    const file = tableOf('twice', 300)
    const first = resultOf(run('import', file, ...COLUMNS, '--json'))
    assert.deepEqual(first, {
      file: digestOf(file),
      rows: 300,
      imported: 300,
      repeated: 0,
      authors: 7,
      logSize: first.logSize,
    })
    const second = resultOf(run('import', file, ...COLUMNS, '--json'))
    assert.deepEqual(second, { ...first, imported: 0, repeated: 300 })
    assert.equal(await contributions(), 300)
    await holds(file, 'twice', 300)
  })

  test('the same file under other options is refused', () => {
    const { code, stderr } = run('import', tableOf('twice', 300), '--text', 'label', '--label', 'label')
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^commonhold: this file was imported before with other options \(--text text --label label --author author\) \(import\.conflict\)\n$/,
    )
  })

  test('nothing is written unless every row is good', async () => {
    const before = await look(home, (view) => view.size)
    const bad: readonly (readonly [
      content: string,
      options: readonly string[],
      code: number,
      line: RegExp,
    ])[] = [
      [
        'text,label\na,heat\nb,cold\n',
        [],
        2,
        /bad\.csv:3: the label "cold" is not in the charter \(contribution\.label_unknown\)/,
      ],
      ['text,label\na,heat\n"",heat\n', [], 2, /bad\.csv:3: "text" is empty \(data\.malformed\)/],
      [`text,label\na,heat\n${'x'.repeat(10 << 20)},heat\n`, [], 2, /bad\.csv:3: .* \(data\.too_large\)/],
      [
        'text,label,id\na,heat,1\nb,heat,1\n',
        ['--id', 'id'],
        2,
        /bad\.csv:3: the id "1" stands in line 2 already/,
      ],
      [
        'text,label,l\na,heat,en\nb,heat,English\n',
        ['--lang', 'l'],
        2,
        /bad\.csv:3: "English" is no language tag/,
      ],
    ]
    for (const [content, options, code, line] of bad) {
      const ran = run(
        'import',
        files.file('bad.csv', content),
        '--text',
        'text',
        '--label',
        'label',
        ...options,
      )
      assert.match(ran.stderr, line)
      assert.match(ran.stderr, /^commonhold: [^\n]+\n$/)
      assert.equal(ran.code, code)
    }
    const stranger = run('import', tableOf('twice', 300), ...COLUMNS, '--as', 'nobody')
    assert.deepEqual(
      [stranger.code, stranger.stderr],
      [1, 'commonhold: no key of "nobody" lies in this home (key.unknown)\n'],
    )
    assert.equal(await look(home, (view) => view.size), before)
  })

  test('where there is no community it says so', () => {
    const { code, stderr } = commonhold(
      'import',
      tableOf('twice', 300),
      ...COLUMNS,
      '--home',
      join(files.folder, 'none'),
    )
    assert.equal(code, 2)
    assert.match(stderr, /^commonhold: there is no community in .* \(home\.missing\)\n$/)
  })
})

describe('review', () => {
  const items = () =>
    files.file(
      'items.jsonl',
      ['q1', 'q2', '3']
        .map((id, i) => JSON.stringify({ id, t: `request ${id}`, l: LABELS[i], lang: 'en' }))
        .join('\n'),
    )

  test('items are named by the ids of the import, and a second run doubles nothing', async () => {
    const file = items()
    resultOf(run('import', file, '--text', 't', '--label', 'l', '--id', 'id', '--lang', 'lang', '--json'))
    const reviews = files.file(
      'reviews.csv',
      'item,worker,label\nq1,ann,heat\nq2,ann,heat\n3,bob,noise\nq1,bob,heat\nq2,ann,keys\n',
    )
    const first = run('review', reviews, '--json')
    assert.match(first.stderr, /^.*reviews\.csv: 1 row is replaced by a later row .*\n$/)
    const { imported, repeated, replaced, workers, round } = JSON.parse(first.stdout)
    assert.deepEqual(
      { imported, repeated, replaced, workers, round },
      { imported: 4, repeated: 0, replaced: 1, workers: 2, round: 1 },
    )
    assert.equal(JSON.parse(run('review', reviews, '--json').stdout).imported, 0)
    await look(home, async (view, community) => {
      const ids = await importIds(community, digestOf(file))
      const itemAt = importedItems(view, digestOf(file))
      const told = view.rounds[0]?.reviews.map(({ item, label }) => [item, label])
      const item = (id: string) => itemAt(ids?.get(id) as number)
      assert.deepEqual(told, [
        [item('q1'), 'heat'],
        [item('q2'), 'keys'],
        [item('3'), 'noise'],
        [item('q1'), 'heat'],
      ])
      assert.equal(view.contributions.get(item('q1') as Digest)?.lang, 'en')
    })
  })

  test('an item may be named by its event or by its row in a chosen import', async () => {
    const twice = digestOf(tableOf('twice', 300))
    const [first, second] = await look(home, (view) => [0, 1].map((row) => importedItems(view, twice)(row)))
    const reviews = files.file('rows.csv', `item,worker,label\n${first},cy,heat\n2,cy,keys\n`)
    assert.equal(resultOf(run('review', reviews, '--import', twice, '--json')).imported, 2)
    const told = await look(home, (view) => view.rounds[0]?.reviews.slice(-2).map(({ item }) => item))
    assert.deepEqual(told, [first, second])
  })

  test('unknown items and labels are refused with their line, and nothing is written', async () => {
    const before = await look(home, (view) => view.size)
    const bad = (rows: string): Ran =>
      run('review', files.file('bad.csv', `item,worker,label\nq1,dee,heat\n${rows}\n`))
    assert.match(bad('q9,dee,heat').stderr, /bad\.csv:3: there is no item "q9".*\(contribution\.unknown\)\n$/)
    assert.match(
      bad('q2,dee,cold').stderr,
      /bad\.csv:3: the label "cold" is not in the charter \(contribution\.label_unknown\)\n$/,
    )
    assert.equal(await look(home, (view) => view.size), before)
  })
})

describe('classify', () => {
  test('before the first release there is nothing to ask', async () => {
    assert.equal(await look(home, async (_, community) => (await lastState(community)).live), undefined)
    const { code, stderr } = run('classify', 'my radiator is cold')
    assert.equal(code, 1)
    assert.match(stderr, /^commonhold: no release is live yet.*\(round\.no_data\)\n$/)
  })
})

test('an import that the rules refuse is a refusal, not a bug', async () => {
  await using community = await openHome(home)
  const of = {
    community,
    signer: memberSigner(community, 'eve'),
    file: 'e'.repeat(64) as Digest,
    rows: 1,
    reading: '',
  }
  await assert.rejects(
    importContributions(of, [{ row: 0, text: 'a', label: 'heat' }]),
    (error: unknown) => error instanceof ProtocolError && error.code === 'key.unknown',
  )
})

// Last, because every command reads the whole log.
describe('an import that was stopped', () => {
  test('after kill -9 in the middle the same command adds exactly the rest', async () => {
    const before = await contributions()
    const file = tableOf('killed', 3_000)
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'support/import-child.ts'), home, file, COLUMNS.join(' ')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
    for await (const line of createInterface({ input: child.stdout }))
      if (Number(line) >= 2_048) child.kill('SIGKILL')
    assert.equal(await ended, 'SIGKILL')
    const { imported, repeated, rows } = resultOf(run('import', file, ...COLUMNS, '--json'))
    assert.equal(imported + repeated, rows)
    assert.ok(repeated >= 2_048 && imported > 0, `${repeated} survived, ${imported} were added`)
    assert.equal(await contributions(), before + 3_000)
    await holds(file, 'killed', 3_000)
  })

  test('stopped between two batches, it ends with what is whole and continues', async () => {
    const rows = rowsOf('stopped', 2_100).map((row, i) => ({ ...row, row: i }))
    const stop = new AbortController()
    const reading = COLUMNS.join(' ')
    const file = tableOf('stopped', 2_100)
    {
      await using community = await openHome(home)
      const signer = memberSigner(community, FOUNDER)
      const onProgress = (done: number) => (done >= 1_024 ? stop.abort() : undefined)
      const of = {
        community,
        signer,
        file: digestOf(file),
        rows: 2_100,
        reading,
        signal: stop.signal,
        onProgress,
      }
      await assert.rejects(importContributions(of, rows), { name: 'AbortError' })
    }
    const { imported, repeated } = resultOf(run('import', file, ...COLUMNS, '--json'))
    assert.deepEqual([imported, repeated], [52, 2_048])
    await holds(file, 'stopped', 2_100)
  })
})
