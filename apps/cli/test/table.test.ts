import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import fc from 'fast-check'
import { readCsv } from '../src/table/csv.ts'
import { csvLine, MAX_CELL_BYTES, readColumns } from '../src/table/index.ts'
import { writtenKeys } from '../src/table/jsonl.ts'
import { scratch } from './support/run.ts'

/** Quotes of every kind of trouble, and characters of one to four bytes. */
const cell = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '"',
    ',',
    ';',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\\',
    "'",
    'é',
    'ل',
    '語',
    '🙂',
    '\ufeff',
  ),
  maxLength: 8,
})
const tables = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }))
  .chain(([width, height]) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
      minLength: height,
      maxLength: height,
    }),
  )

/** RFC 4180, section 2, word for word: every field in quotes, or quoted only where the text has `"`, `,` or a line break. */
const quoted = (field: string, always: boolean): string =>
  always || field === '' || /[",\r\n\ufeff]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const row of rows) list.push(row)
  return list
}

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ProtocolError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  assert.doesNotMatch(error.message, /[\n\r\0]/)
  return true
}

describe('CSV', () => {
  test('any table that RFC 4180 can write is read as it was, each record at its line', async () => {
    using files = scratch()
    await fc.assert(
      fc.asyncProperty(
        tables,
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.boolean(),
        async (table, always, eol, bom, last) => {
          let text = bom ? '\ufeff' : ''
          const lines: number[] = []
          for (const [i, record] of table.entries()) {
            lines.push(text.split('\n').length)
            text += record.map((field) => quoted(field, always)).join(',')
            if (last || i < table.length - 1) text += eol
          }
          const records = await all(readCsv(files.file('t.csv', text)))
          assert.deepEqual(
            records.map(({ fields }) => fields),
            table,
          )
          assert.deepEqual(
            records.map(({ line }) => line),
            lines,
          )
        },
      ),
      { numRuns: 150 },
    )
  })

  test('what we write is read as it was', async () => {
    using files = scratch()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), async (rows) => {
        const text = [csvLine(['a', 'b']), ...rows.map(csvLine)].join('\r\n')
        const read = await all(readColumns(files.file('w.csv', `${text}\r\n`), ['a', 'b']))
        assert.deepEqual(
          read.map(({ cells }) => cells),
          rows,
        )
      }),
      { numRuns: 60 },
    )
  })

  test('a file of many chunks gives the rows and lines of one', async () => {
    using files = scratch()
    const rows = Array.from({ length: 20_000 }, (_, i) => [`r${i}`, i % 7 === 0 ? `é\r\n"${i}"` : `語${i}`])
    const text = [['a', 'b'], ...rows]
      .map((row) => row.map((field) => quoted(field, false)).join(','))
      .join('\r\n')
    let line = 2
    let i = 0
    for await (const row of readColumns(files.file('big.csv', text), ['b', 'a'])) {
      assert.deepEqual(row, { line, row: i, cells: [rows[i]?.[1], rows[i]?.[0]] })
      line += i % 7 === 0 ? 2 : 1
      i++
    }
    assert.equal(i, rows.length)
  })

  test('blank lines are passed over and counted', async () => {
    using files = scratch()
    const rows = await all(readColumns(files.file('b.csv', '\na\n\n1\n\n\n2\n\n'), ['a']))
    assert.deepEqual(rows, [
      { line: 4, row: 0, cells: ['1'] },
      { line: 7, row: 1, cells: ['2'] },
    ])
  })

  test('a cell without end is refused after its first megabyte, whatever the file holds', async () => {
    using files = scratch()
    const file = files.file('huge.csv', Buffer.concat([Buffer.from('a,b\n1,"'), Buffer.alloc(10 << 20, 'x')]))
    let read = 0
    const rows = readColumns(file, ['a'], (bytes) => {
      read += bytes.length
    })
    await assert.rejects(
      all(rows),
      refusal('data.too_large', /huge\.csv:2: the record .* more than 1048576 bytes/),
    )
    assert.ok(read < 2 << 20, `${read} bytes were read`)
  })
})

describe('JSON Lines', () => {
  test('any objects are read as they were, in the columns asked for', async () => {
    using files = scratch()
    const objects = fc.array(fc.record({ text: cell, label: cell, more: fc.jsonValue() }), {
      minLength: 1,
      maxLength: 5,
    })
    await fc.assert(
      fc.asyncProperty(objects, fc.constantFrom('\n', '\r\n', '\n\n'), async (list, eol) => {
        const file = files.file('t.jsonl', list.map((one) => JSON.stringify(one)).join(eol))
        const rows = await all(readColumns(file, ['label', 'text']))
        assert.deepEqual(
          rows.map(({ cells }) => cells),
          list.map(({ label, text }) => [label, text]),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('the keys of the outermost object are found in any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        assert.deepEqual(new Set(writtenKeys(JSON.stringify(object, null, 1))), new Set(Object.keys(object)))
      }),
    )
    assert.deepEqual(writtenKeys('{"a":{"a":1,"b":[{"c":2}]},"\\u0061":":","d" : {}}'), ['a', 'a', 'd'])
  })

  test('whole numbers may stand for text, others not', async () => {
    using files = scratch()
    assert.deepEqual((await all(readColumns(files.file('n.jsonl', '{"a":12}'), ['a'])))[0]?.cells, ['12'])
    for (const value of ['1.5', '9007199254740993', 'true', '[1]', '{}'])
      await assert.rejects(
        all(readColumns(files.file('n.jsonl', `{"a":"ok"}\n{"a":${value}}`), ['a'])),
        refusal('data.malformed', /n\.jsonl:2: "a" is neither text nor a whole number/),
      )
  })
})

describe('a fault names the file and the line', () => {
  const text = (content: string) => Buffer.from(content)
  const big = 'x'.repeat(MAX_CELL_BYTES + 1)
  const faults: readonly (readonly [name: string, content: Buffer, code: string, message: RegExp])[] = [
    [
      't.csv',
      text('a,b\n1,2\n3,"4\n5,6\n'),
      'data.malformed',
      /t\.csv:3: a quote is opened .* never closed$/,
    ],
    ['t.csv', text('a,b\n1,2\n\n3,4"5\n'), 'data.malformed', /t\.csv:4: a quote inside a field/],
    ['t.csv', text('a,b\n1,"2"3\n'), 'data.malformed', /t\.csv:2: text after a closing quote/],
    ['t.csv', text('a,b\n1,"x\ny"\n3\n'), 'data.malformed', /t\.csv:4: 1 field, but the header has 2$/],
    ['t.csv', text('a,b\n1,2,3\n'), 'data.malformed', /t\.csv:2: 3 fields, but the header has 2$/],
    ['t.csv', text('b,c\n1,2\n'), 'data.malformed', /t\.csv:1: there is no column "a"; there are "b, c"$/],
    ['t.csv', text('a,b,a\n1,2,3\n'), 'data.malformed', /t\.csv:1: two columns are called "a"$/],
    ['t.csv', text(''), 'data.malformed', /t\.csv:1: there are no rows$/],
    ['t.csv', text('a\n'), 'data.malformed', /t\.csv:1: there are no rows$/],
    ['t.csv', text('a\n1\n2\0\n'), 'data.malformed', /t\.csv:3: a NUL byte: this is a binary file/],
    ['t.csv', Buffer.of(0x61, 10, 0xc3, 10, 0x62), 'data.malformed', /t\.csv:2: bytes that are not UTF-8/],
    [
      't.csv',
      Buffer.of(0x61, 10, 0x62, 10, 0xe2, 0x82),
      'data.malformed',
      /t\.csv:3: bytes that are not UTF-8/,
    ],
    ['t.csv', Buffer.from('a\nb\n', 'utf16le'), 'data.malformed', /t\.csv:1: a NUL byte/],
    ['t.csv', text(`a\n1\n${big}\n`), 'data.too_large', /t\.csv:3: "a" has 65521 bytes; at most 65520 fit$/],
    ['t.jsonl', text('{"a":"1"}\n[1]\n'), 'data.malformed', /t\.jsonl:2: not a JSON object: "\[1\]"$/],
    ['t.jsonl', text('{"a":"1"}\n\n{"a":\n'), 'data.malformed', /t\.jsonl:3: not JSON: /],
    ['t.jsonl', text('{"a":"1","a":"2"}\n'), 'data.malformed', /t\.jsonl:1: the key "a" stands twice/],
    ['t.jsonl', text('{"b":"1"}\n'), 'data.malformed', /t\.jsonl:1: there is no "a"$/],
    ['t.jsonl', text('{"a":"\\ud800"}\n'), 'data.malformed', /t\.jsonl:1: "a" holds half a character/],
    [
      't.jsonl',
      text(`{"a":"${'x'.repeat(1 << 20)}"}`),
      'data.too_large',
      /t\.jsonl:1: the line has more than/,
    ],
  ]
  for (const [name, content, code, message] of faults) {
    test(`${name}: ${message.source}`, async () => {
      using files = scratch()
      await assert.rejects(all(readColumns(files.file(name, content), ['a'])), refusal(code, message))
    })
  }

  test('keys that nobody asks for may stand twice', async () => {
    using files = scratch()
    const rows = await all(readColumns(files.file('t.jsonl', '{"a":"1","b":1,"b":2}'), ['a']))
    assert.equal(rows.length, 1)
  })

  test('no bytes bring anything but rows or a refusal', async () => {
    using files = scratch()
    const bytes = fc
      .uint8Array({ maxLength: 60 })
      .map((noise) => Buffer.concat([text('a,b\n"1",2\n'), noise]))
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('f.csv', 'f.jsonl'), async (content, name) => {
        const file = files.file(name, content)
        await all(readColumns(file, ['a'])).catch((error: unknown) => {
          if (!(error instanceof ProtocolError)) throw error
        })
      }),
      { numRuns: 200 },
    )
  })
})
