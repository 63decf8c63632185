import { ProtocolError } from '@commonhold/protocol'
import pg from 'pg'

/** Where the database is: the private socket of an embedded server, or an address. */
export type ConnectionConfig =
  | {
      readonly host: string
      readonly port: number
      readonly user: string
      readonly database: string
      readonly ssl: false
    }
  | { readonly connectionString: string }

const INT8 = 20
const BYTEA = 17

/** Plain Uint8Arrays and numbers: sizes and indexes stay far below 2^53. */
export function typeOverrides(): pg.TypeOverrides {
  const types = new pg.TypeOverrides()
  types.setTypeParser(INT8, Number)
  types.setTypeParser(BYTEA, (text) => plainBytes(Buffer.from(text.slice(2), 'hex')))
  return types
}

const plainBytes = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

/** Classes of PostgreSQL's own errors that say "not now": connection, resources, operator, system. */
const UNAVAILABLE = /^(08|53|57P|58)/
const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
])
/** pg reports a broken connection by message only. */
const BROKEN =
  /^(Connection terminated|Client (was closed|has encountered a connection error)|timeout exceeded when trying|Query read timeout)/

/** The error as callers see it: `store.unavailable` when the server cannot be reached, itself otherwise (a bug). */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ProtocolError) return error
  const { code = '' } = error as { readonly code?: string }
  if (!UNAVAILABLE.test(code) && !SOCKET_ERRORS.has(code) && !BROKEN.test(error.message)) return error
  return new ProtocolError(
    'store.unavailable',
    `the database does not answer: ${error.message}`,
    code ? { cause: code } : {},
    { cause: error },
  )
}

/** @throws {ProtocolError} `store.unavailable` for whatever of `work` fails because of the connection. */
export async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error)
  }
}
