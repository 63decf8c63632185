// Runs the demonstration's real command, as a person does, and kills it where a test wants that.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export type DemoResult = {
  readonly rounds: readonly {
    readonly round: number
    readonly logSize: number
    readonly datasetRoot: string
    readonly modelHash: string
    readonly attributionRoot: string
    readonly payoutRoot: string
    readonly pool: string
    readonly paid: string
  }[]
  readonly members: readonly {
    readonly name: string
    readonly role: string
    readonly weight: number
    readonly paid: string
  }[]
  readonly audit: {
    readonly ok: boolean
    readonly seconds: number
    readonly peakBytes: number
    readonly bytesRead: number
  }
  readonly seconds: number
}

const root = join(import.meta.dirname, '../..')

export function startDemo(home: string): ChildProcess {
  return spawn(join(root, 'bin/commonhold'), ['demo', '--home', home, '--json', '--progress'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** @throws {Error} with what the command said when it fails. */
export async function finishDemo(home: string): Promise<DemoResult> {
  const child = startDemo(home)
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`the demonstration ended with ${code}: ${err}`)
  return JSON.parse(out) as DemoResult
}

/** What must be the same in every run: all of it but the times and the memory. */
export const hashesOf = ({ rounds, members }: DemoResult): unknown => ({ rounds, members })
