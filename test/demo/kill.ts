// Kills a running demonstration with SIGKILL at random moments, process group and database alike, until it has been
// killed often enough, and then lets it finish. Used by the short test and, with more kills, by tools/kill-demo.ts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DemoResult, finishDemo, startDemo } from './run-demo.ts'

export type Killed = {
  readonly result: DemoResult
  readonly kills: number
  /** Log sizes that the program had acknowledged before each kill. */
  readonly acknowledged: readonly number[]
}

/**
 * @param random yields numbers in [0, 1).
 * @param spanMs a kill comes within this time of a start.
 */
export async function killDemo(
  home: string,
  times: number,
  spanMs: number,
  random: () => number,
): Promise<Killed> {
  const acknowledged: number[] = []
  let kills = 0
  while (kills < times) {
    const child = startDemo(home)
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = new Promise<boolean>((resolve) => child.on('close', () => resolve(true)))
    const timer = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200 + random() * spanMs))
    if (await Promise.race([ended, timer])) {
      // It finished before the moment came: begin anew, so that the next kill meets a running one again.
      if (child.exitCode !== 0)
        throw new Error(`the demonstration failed with ${child.exitCode} after ${kills} kills`)
      return { result: await finishDemo(home), kills, acknowledged }
    }
    // Every second time the database goes down too, as in a power cut.
    if (random() < 0.5) killPostmaster(home)
    child.kill('SIGKILL')
    await ended
    kills++
    const sizes = Array.from(said.matchAll(/\((\d+) entries\)/g), ([, size]) => Number(size))
    acknowledged.push(Math.max(publishedSize(home), ...sizes))
  }
  return { result: await finishDemo(home), kills, acknowledged }
}

function killPostmaster(home: string): void {
  const pid = Number(readIf(join(home, 'pg/postmaster.pid'))?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

/** Size of the checkpoint on disk: every entry below it has been acknowledged to the world. */
export const publishedSize = (home: string): number =>
  Number(readIf(join(home, 'log/checkpoint'))?.split('\n')[1] ?? 0)

function readIf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
