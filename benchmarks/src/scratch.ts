/** Folders for a benchmark's files, removed when it ends. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Below BENCH_DIR, by default the system's temporary folder: durable writes are as fast as the disk that this is on. */
export async function* inScratch<T>(work: (folder: string) => AsyncIterable<T>): AsyncGenerator<T> {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'commonhold-bench-'))
  // The database's user, who is not root, has to pass.
  chmodSync(folder, 0o755)
  try {
    yield* work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type NumberArray = Int8Array | Int32Array | Uint32Array | BigInt64Array

/** The raw bytes, as numpy.fromfile reads them. */
export function writeArray(path: string, array: NumberArray): void {
  writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
}
