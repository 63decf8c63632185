import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, isDigest, ProtocolError, sha256Hex } from '@commonhold/protocol'
import { syncFolder, writeDurably } from './durable-files.ts'

/** Content by its SHA-256, one file each: `<dir>/ab/abcd...`. */
export interface Blobs {
  /** Durable on return; the same bytes again are one file. */
  put(bytes: Uint8Array): Promise<Digest>
  /** @throws {ProtocolError} `store.corrupt` when the file does not hash to its name. */
  get(digest: Digest): Promise<Uint8Array | undefined>
  remove(digest: Digest): Promise<void>
}

/** @throws {ProtocolError} `home.unusable` when the folder cannot be made. */
export async function openBlobs(folder: string): Promise<Blobs> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new ProtocolError('home.unusable', `${folder} cannot be made`, { folder }, { cause })
  })
  await syncFolder(dirname(folder))
  const place = (digest: Digest): string => {
    // Names come from outside: nothing but a digest may reach the file system.
    if (!isDigest(digest)) throw new ProtocolError('encoding.invalid', 'not a digest')
    return join(folder, digest.slice(0, 2), digest)
  }
  return {
    async put(bytes) {
      const digest = sha256Hex(bytes)
      const path = place(digest)
      const made = await mkdir(dirname(path), { recursive: true })
      await writeDurably(path, bytes, 0o600)
      if (made !== undefined) await syncFolder(folder)
      return digest
    },
    async get(digest) {
      const bytes = await readFile(place(digest)).catch(ifAbsent)
      if (bytes && sha256Hex(bytes) !== digest) {
        throw new ProtocolError('store.corrupt', `the blob ${digest} has other content`, { digest })
      }
      return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    },
    async remove(digest) {
      const path = place(digest)
      await rm(path, { force: true })
      await syncFolder(dirname(path)).catch(ifAbsent)
    },
  }
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
