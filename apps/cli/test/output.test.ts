import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { verdict } from '../src/audit-text.ts'
import { labelName, table } from '../src/format.ts'
import { createOutput, type Output } from '../src/output.ts'
import { commonhold, scratch } from './support/run.ts'

/** What a terminal takes for a command, or shows elsewhere than it stands; newline and tab are none of them. */
const COMMANDS = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u
const CLEAR = '\x1b[2J\x1b[H'
const TITLE = '\x1b]0;owned\x07'
const C1_CLEAR = '\x9b2J'
const REVERSED = '\u202etxt.exe\u2066'
const attacks = [CLEAR, TITLE, C1_CLEAR, REVERSED, 'a\rb', 'a\bb', '\x7f']

function written(
  write: (output: Output) => void,
  { json = false, terminal = false } = {},
): { readonly out: string; readonly err: string } {
  const texts = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => (texts[name] += text),
    isTTY: terminal,
  })
  write(createOutput({ json, progress: true }, stream('out'), stream('err')))
  return texts
}

suite('what others wrote, on the way to a terminal', () => {
  test('commands nothing, in a line, a warning or a progress', () => {
    for (const attack of attacks) {
      const { out, err } = written((output) => {
        output.say(`first\n${attack}`)
        output.warn(attack)
        output.progress(attack)
      })
      assert.doesNotMatch(out + err, COMMANDS)
      assert.match(out, /^first\n/)
    }
  })

  test('stays readable where it is no command', () => {
    const text = 'Größe 10 €\t日本語 שלום 😀'
    assert.equal(written(({ say }) => say(text)).out, `${text}\n`)
    assert.equal(written(({ say }) => say(`a${CLEAR}b`)).out, 'a\\u001b[2J\\u001b[Hb\n')
  })

  test('as JSON has the same meaning and commands nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(...attacks), (text, attack) => {
        const { out } = written(({ result }) => result({ [attack]: text + attack }), { json: true })
        assert.doesNotMatch(out, COMMANDS)
        assert.deepEqual(JSON.parse(out), { [attack]: text + attack })
      }),
    )
  })

  test('passes a pipe as it is, as the data of a file, but not on a terminal', () => {
    const cell = `"${CLEAR}\r\n"`
    assert.equal(written(({ data }) => data(cell)).out, `${cell}\n`)
    assert.doesNotMatch(written(({ data }) => data(cell), { terminal: true }).out, COMMANDS)
  })

  test('cannot pass for another line: not in a table, nor a label, nor a verdict', () => {
    const forged = 'x\nThe audit is ok'
    assert.equal(table([{ title: 'step' }], [[forged]]).split('\n').length, 3)
    assert.equal(labelName(encodeURIComponent(forged)), 'x\\nThe audit is ok')
    const told = verdict([], { step: 'log', where: forged, expected: forged, found: forged })
    assert.doesNotMatch(told, /^The audit is ok/m)
  })
})

test('a refusal that repeats what a file says is one harmless line', () => {
  using files = scratch()
  const file = files.file('attack.csv', `item,${CLEAR}${C1_CLEAR}${REVERSED}\n1,2\n`)
  const { code, stderr } = commonhold('aggregate', file)
  assert.equal(code, 2)
  assert.match(stderr, /^commonhold: .*\\u001b\[2J.*\n$/)
  assert.doesNotMatch(stderr, COMMANDS)
  const json = commonhold('aggregate', file, '--json')
  assert.doesNotMatch(json.stderr, COMMANDS)
})
