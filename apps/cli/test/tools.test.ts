// The data scientist's tools, run as people run them: no home, no database.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { commonhold, scratch } from './support/run.ts'

const shared = process.env['COMMONHOLD_SHARED'] ?? join(import.meta.dirname, '../../../../shared')
const data = (path: string): string => join(shared, 'data', path)
const needs = (path: string): { readonly skip: string | false } => ({
  skip: existsSync(data(path)) ? false : `MISSING DATA: ${data(path)} (set COMMONHOLD_SHARED)`,
})

type Record = Readonly<{ [column: string]: string }>
const records = (text: string): readonly Record[] => parse(text, { columns: true })

/** One line on standard error that says what and where, nothing on standard output, and the exit code. */
function refuses(args: readonly string[], code: number, line: RegExp): void {
  const ran = commonhold(...args)
  assert.match(ran.stderr, line)
  assert.match(ran.stderr, /^commonhold: [^\n]+\n$/)
  assert.equal(ran.stdout, '')
  assert.equal(ran.code, code)
}

describe('bad input is one line with the place, and exit code 2', () => {
  const header = 'item,worker,label\n'
  const inputs: readonly (readonly [name: string, content: string | Buffer, line: RegExp])[] = [
    ['open.csv', `${header}1,2,3\n1,"2,3\n`, /open\.csv:3: a quote is opened/],
    ['short.csv', `${header}1,2\n`, /short\.csv:2: 2 fields, but the header has 3/],
    [
      'column.csv',
      'item,who,label\n1,2,3\n',
      /column\.csv:1: there is no column "worker"; there are "item, who, label"/,
    ],
    ['binary.csv', readFileSync(process.execPath).subarray(0, 4096), /binary\.csv:\d+: a NUL byte/],
    [
      'latin.csv',
      Buffer.concat([Buffer.from(header), Buffer.of(0xe9)]),
      /latin\.csv:2: bytes that are not UTF-8/,
    ],
    ['cell.csv', `${header}1,2,${'x'.repeat(10 << 20)}\n`, /cell\.csv:2: the record .* \(data\.too_large\)/],
    ['empty.csv', `${header}1,2,3\n1,,3\n`, /empty\.csv:3: "worker" is empty/],
    [
      'twice.jsonl',
      '{"item":1,"worker":2,"label":3,"item":4}\n',
      /twice\.jsonl:1: the key "item" stands twice/,
    ],
  ]
  for (const [name, content, line] of inputs) {
    test(name, () => {
      using files = scratch()
      refuses(['aggregate', files.file(name, content)], 2, line)
    })
  }

  test('a file that is not there, a folder, a wrong option', () => {
    refuses(['aggregate', '/no/such/file.csv'], 2, /\/no\/such\/file\.csv: there is no such file/)
    refuses(['aggregate', '/tmp'], 2, /\/tmp: this is a folder/)
    refuses(
      ['value', '--text', 't', '--label', 'l', '--k', 'ten'],
      2,
      /--k takes a whole number from 1 to 100/,
    )
    refuses(['evaluate', '--test', 'a'], 2, /give either --train FILE or --release live/)
  })
})

describe('aggregate', () => {
  test('items come in order of first appearance and the last of a repeated pair counts, with one warning', () => {
    using files = scratch()
    const rows = ['z,1,no', 'a,1,yes', 'z,2,yes', 'a,2,yes', 'z,3,yes', 'z,1,yes', 'a,3,no', 'a,3,yes']
    const file = files.file('l.csv', `\ufeffitem,worker,label\r\n${rows.join('\r\n')}\r\n`)
    const { code, stdout, stderr } = commonhold('aggregate', file)
    assert.equal(code, 0)
    assert.equal(
      stderr,
      `${file}: 2 rows were replaced by a later row of the same worker about the same item\n`,
    )
    assert.match(stdout, /^item,label,confidence\nz,yes,[01]\.\d{6}\na,yes,[01]\.\d{6}\n$/)
    const json = JSON.parse(commonhold('aggregate', file, '--json').stdout) as {
      readonly items: readonly {
        readonly item: string
        readonly label: string
        readonly confidence: number
      }[]
      readonly workers: readonly { readonly worker: string; readonly labelled: number }[]
    }
    assert.deepEqual(
      json.items.map(({ item, label, confidence }) => ({ item, label, confidence: confidence.toFixed(6) })),
      records(stdout),
    )
    assert.deepEqual(
      json.workers.map(({ worker, labelled }) => [worker, labelled]),
      [
        ['1', 2],
        ['2', 2],
        ['3', 2],
      ],
    )
  })

  const sets = ['face', 'product', 'rte', 'sentiment-1k', 'weather-sentiment-amt']
  test('on five sets of real crowd labels it beats a majority vote', needs('crowd'), () => {
    let gained = 0
    for (const name of sets) {
      const truth = new Map(
        records(readFileSync(data(`crowd/${name}/truth.csv`), 'utf8')).map((r) => [r['item'], r['truth']]),
      )
      const found = new Map(
        records(commonhold('aggregate', data(`crowd/${name}/label.csv`)).stdout).map((r) => [
          r['item'],
          r['label'],
        ]),
      )
      let right = 0
      for (const [item, label] of truth) if (found.get(item) === label) right++
      const gain = (100 * right) / truth.size - majority(name, truth)
      assert.ok(gain > -4.5, `${name}: ${gain.toFixed(2)} points from majority`)
      gained += gain / sets.length
    }
    assert.ok(gained > 0, `${gained.toFixed(2)} points on average`)
  })

  /** Accuracy in percent, ties counted in equal parts: independent of our code. */
  function majority(name: string, truth: ReadonlyMap<string | undefined, string | undefined>): number {
    const answers = new Map<string, Map<string, string>>()
    for (const { item = '', worker = '', label = '' } of records(
      readFileSync(data(`crowd/${name}/label.csv`), 'utf8'),
    ))
      answers.set(item, (answers.get(item) ?? new Map<string, string>()).set(worker, label))
    let right = 0
    for (const [item, label] of truth) {
      const votes = new Map<string, number>()
      for (const vote of answers.get(item as string)?.values() ?? [])
        votes.set(vote, (votes.get(vote) ?? 0) + 1)
      const most = Math.max(...votes.values())
      const first = Array.from(votes).filter(([, count]) => count === most)
      if (first.some(([vote]) => vote === label)) right += 1 / first.length
    }
    return (100 * right) / truth.size
  }
})

describe('evaluate', () => {
  const table = (rows: readonly string[]): string => `text,label\n${rows.join('\n')}\n`
  const train = table([
    ...Array.from({ length: 20 }, (_, i) => `the radiator is cold ${i},heat`),
    ...Array.from({ length: 20 }, (_, i) => `I lost my door key ${i},keys`),
  ])

  test('the same files give the same model, and the figures fit together', () => {
    using files = scratch()
    const test = table([
      'a cold radiator again,heat',
      'the key of the door,keys',
      'key lost,keys',
      'cold key,other',
    ])
    const args = ['evaluate', '--train', files.file('a.csv', train), '--test', files.file('b.csv', test)]
    const columns = ['--text', 'text', '--label', 'label']
    type Result = {
      readonly accuracy: number
      readonly trainCpuSeconds: number
      readonly modelHash: string
      readonly labels: readonly string[]
      readonly confusion: readonly (readonly number[])[]
    }
    const [first, second] = [0, 1].map(() => {
      const { code, stdout, stderr } = commonhold(...args, ...columns, '--json')
      assert.equal(code, 0)
      assert.match(stderr, /b\.csv:5: 1 of 4 rows have labels without a training example, such as "other"/)
      return JSON.parse(stdout) as Result
    }) as [Result, Result]
    assert.match(first.modelHash, /^[0-9a-f]{64}$/)
    assert.equal(first.modelHash, second.modelHash)
    assert.equal(first.accuracy, 0.75)
    assert.ok(first.trainCpuSeconds > 0)
    assert.deepEqual(first.labels, ['heat', 'keys', 'other'])
    assert.deepEqual(
      first.confusion.map((row) => row.reduce((sum, count) => sum + count, 0)),
      [1, 2, 1],
    )
    assert.deepEqual([first.confusion[0]?.[0], first.confusion[1]?.[1], first.confusion[2]?.[2]], [1, 2, 0])
    const { stdout } = commonhold(...args, ...columns)
    assert.match(
      stdout,
      /^Accuracy +75\.0 % \(95 % interval 30\.\d % to 95\.\d %; 3 of 4\)\nMajority guess +25\.0 %\n/,
    )
  })

  test('an empty text is refused with its line', () => {
    using files = scratch()
    const file = files.file('a.csv', table(['x,heat', '" ",keys']))
    refuses(
      ['evaluate', '--train', file, '--test', file, '--text', 'text', '--label', 'label'],
      2,
      /a\.csv:3: "text" is empty/,
    )
  })

  test('on banking77 it is right at least 91.2 times in 100', needs('banking77'), () => {
    const { stdout } = commonhold(
      ...['evaluate', '--train', data('banking77/train.csv'), '--test', data('banking77/test.csv')],
      ...['--text', 'text', '--label', 'category', '--json'],
    )
    const { accuracy } = JSON.parse(stdout) as { readonly accuracy: number }
    assert.ok(accuracy >= 0.912, `accuracy ${accuracy}`)
  })
})

describe('value', () => {
  const value = (train: string, holdOut: string, k: number): readonly Record[] => {
    using files = scratch()
    const { stdout, stderr, code } = commonhold(
      ...['value', '--train', files.file('a.csv', train), '--holdout', files.file('b.csv', holdOut)],
      ...['--text', 't', '--label', 'l', '--k', String(k)],
    )
    assert.deepEqual([code, stderr], [0, ''])
    return records(stdout)
  }
  const ONE = 2n ** 40n

  test('where everybody votes, a row is worth one K-th of each hold-out row with its label', () => {
    const train = 't,l\nwarm pipe,heat\ncold pipe,heat\nlost key,keys\n'
    const holdOut = 't,l\npipe,heat\nkey,keys\nwarm,heat\nlock,keys\nboiler,heat\n'
    assert.deepEqual(value(train, holdOut, 7), [
      { row: '0', value: String(3n * (ONE / 7n)) },
      { row: '1', value: String(3n * (ONE / 7n)) },
      { row: '2', value: String(2n * (ONE / 7n)) },
    ])
  })

  test('with one neighbour the nearest row earns all, and loses a half where it is wrong and the next right', () => {
    const train = 't,l\n"the radiator, cold",heat\nzzz,keys\n'
    const right = value(train, 't,l\n"the radiator, cold",heat\n', 1)
    assert.deepEqual(right, [
      { row: '0', value: String(ONE) },
      { row: '1', value: '0' },
    ])
    const wrong = value(train, 't,l\n"the radiator, cold",keys\n', 1)
    assert.deepEqual(wrong, [
      { row: '0', value: String(-ONE / 2n) },
      { row: '1', value: String(ONE / 2n) },
    ])
  })
})
