import { oneLine, printable, printableJson } from './printable.ts'

/** What a command says: text for people or one JSON document, and progress on a terminal only. */
export type Output = {
  readonly json: boolean
  /** A line for people; nothing in JSON mode. */
  readonly say: (line?: string) => void
  /** A file's content for programs that read a pipe; nothing in JSON mode. On a terminal it is made harmless as a line is. */
  readonly data: (text: string) => void
  /** The result for programs; nothing in text mode. */
  readonly result: (value: unknown) => void
  /** A warning on standard error, in both modes. */
  readonly warn: (line: string) => void
  /** Says how far long work is: on a terminal in one line that replaces itself, elsewhere only if asked for. */
  readonly progress: (line: string) => void
}

type Stream = {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export function createOutput(
  { json, progress }: { readonly json: boolean; readonly progress: boolean },
  out: Stream,
  err: Stream,
): Output {
  let shown = false
  const clear = (): void => {
    if (shown) err.write('\r\x1b[2K')
    shown = false
  }
  return {
    json,
    say: (line = '') => {
      clear()
      if (!json) out.write(`${printable(line)}\n`)
    },
    data: (text) => {
      clear()
      if (!json) out.write(`${out.isTTY === true ? printable(text) : text}\n`)
    },
    result: (value) => {
      clear()
      if (json) out.write(`${printableJson(JSON.stringify(value, plain, 2))}\n`)
    },
    warn: (line) => {
      clear()
      err.write(`${printable(line)}\n`)
    },
    progress: (text) => {
      const line = oneLine(text)
      if (err.isTTY !== true) {
        if (progress) err.write(`${line}\n`)
        return
      }
      clear()
      err.write(line.slice(0, (err.columns ?? 80) - 1))
      shown = true
    },
  }
}

/** Amounts are bigint in the program and decimal strings in JSON. */
const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value
