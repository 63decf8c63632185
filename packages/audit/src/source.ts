import { fromUtf8, ProtocolError } from '@commonhold/protocol'

/** Where an export lies: a folder, an archive, a web server. */
export interface AuditSource {
  /** @returns undefined where there is no such file. @throws {ProtocolError} for a file that cannot be taken in. */
  read(path: string): Promise<Uint8Array | undefined>
}

export type CountingSource = AuditSource & { readonly bytesRead: () => number }

export function countingSource(source: AuditSource): CountingSource {
  let total = 0
  return {
    read: async (path) => {
      const bytes = await source.read(path)
      total += bytes?.length ?? 0
      return bytes
    },
    bytesRead: () => total,
  }
}

/** @throws {ProtocolError} `log.missing`. */
export async function readNeeded(source: AuditSource, path: string): Promise<Uint8Array> {
  const bytes = await source.read(path)
  if (bytes === undefined) throw new ProtocolError('log.missing', `${path} is missing`)
  return bytes
}

/** @throws {ProtocolError} `encoding.invalid` for what is not UTF-8, `data.malformed` for what is not JSON. */
export function parseJson(bytes: Uint8Array, path: string): unknown {
  const text = fromUtf8(bytes)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new ProtocolError('data.malformed', `${path} is not JSON`)
  }
}

/** @throws {ProtocolError} `log.missing`, else as `parseJson`. */
export const readJson = async (source: AuditSource, path: string): Promise<unknown> =>
  parseJson(await readNeeded(source, path), path)
