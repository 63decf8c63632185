/** How a table's faults are told: one line with the file, the line and what is wrong. */
import { type ErrorCode, ProtocolError } from '@commonhold/protocol'

/** Much of a hostile value would hide the message. */
const SHOWN = 60

/** A value from a file, safe to print: quoted, control characters escaped, cut. */
export const shown = (value: string): string =>
  JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}...` : value)

export const problemAt = (
  code: ErrorCode,
  file: string,
  line: number,
  what: string,
  options?: ErrorOptions,
): ProtocolError => new ProtocolError(code, `${file}:${line}: ${what}`, { file, line }, options)

export const malformed = (file: string, line: number, what: string): ProtocolError =>
  problemAt('data.malformed', file, line, what)

export const tooLarge = (file: string, line: number, what: string): ProtocolError =>
  problemAt('data.too_large', file, line, what)
