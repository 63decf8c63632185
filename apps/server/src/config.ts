/** What the operator chose: options first, then the environment, then what is safe. */
import { ProtocolError } from '@commonhold/protocol'

export type ServerConfig = {
  readonly host: string
  readonly port: number
  /** Figures for Prometheus, on this machine only; undefined: none. */
  readonly metricsPort: number | undefined
  readonly logLevel: string
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 8787
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** @throws {ProtocolError} `usage.invalid` for a port that is none, or an unknown level. */
export function readConfig(
  given: { readonly host?: string | undefined; readonly port?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): ServerConfig {
  const { HOST, PORT, METRICS_PORT, LOG_LEVEL = 'info' } = environment
  if (!LOG_LEVELS.includes(LOG_LEVEL))
    throw new ProtocolError('usage.invalid', `LOG_LEVEL takes one of ${LOG_LEVELS.join(', ')}`)
  return {
    host: given.host ?? filled(HOST) ?? DEFAULT_HOST,
    port:
      given.port !== undefined
        ? portOf(given.port, '--port')
        : portOf(filled(PORT) ?? String(DEFAULT_PORT), 'PORT'),
    metricsPort:
      filled(METRICS_PORT) === undefined ? undefined : portOf(METRICS_PORT as string, 'METRICS_PORT'),
    logLevel: LOG_LEVEL,
  }
}

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** 0 lets the system choose. */
function portOf(text: string, name: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new ProtocolError('usage.invalid', `${name} takes a port from 0 to 65535, not "${text}"`)
  return Number(text)
}

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
