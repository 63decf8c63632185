/** Peers in Python (benchmarks/peers): a process each that loads its data once and measures itself whenever it is asked. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { median, type Peer } from './report.ts'

const FOLDER = join(import.meta.dirname, '../peers')
/** One thread, as ours: else idle threads that spin would count as the peer's CPU time. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

type Title = { readonly name: string; readonly version: string }
type Ready = {
  readonly peers: Readonly<Record<string, Title>>
  readonly missing: Readonly<Record<string, string>>
}
export type Figures = Readonly<Record<string, number>>

export class PythonPeers implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<void>
  #ready: Ready | undefined
  readonly #measured = new Map<string, Figures[]>()

  private constructor(script: string, args: readonly string[]) {
    this.#child = spawn(process.env['BENCH_PYTHON'] ?? 'python3', [join(FOLDER, script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...ONE_THREAD, PYTHONWARNINGS: 'ignore' },
    })
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', () => resolve())
      this.#child.on('close', () => resolve())
    })
    // Asking a process that has ended answers with "missing", below.
    this.#child.stdin.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  static async start(script: string, ...args: readonly string[]): Promise<PythonPeers> {
    const peers = new PythonPeers(script, args)
    const first = await peers.#next()
    peers.#ready = first === undefined ? undefined : (JSON.parse(first) as Ready)
    return peers
  }

  /** @returns what the peer measured this time; undefined when it is not installed here. */
  async measure(key: string): Promise<Figures | undefined> {
    if (this.#ready?.peers[key] === undefined) return undefined
    this.#child.stdin.write(`${key}\n`)
    const line = await this.#next()
    if (line === undefined) throw new Error(`the peer ${key} died`)
    const figures = JSON.parse(line) as Figures
    this.#measured.set(key, [...(this.#measured.get(key) ?? []), figures])
    return figures
  }

  /** The median of one figure over the measurements so far, or a text that says what is missing. */
  result(key: string, figure: string, scale = 1): Peer | string {
    if (this.#ready === undefined) return 'missing: python3'
    const title = this.#ready.peers[key]
    const all = this.#measured.get(key)
    if (title === undefined || all === undefined) return `missing: ${this.#ready.missing[key] ?? key}`
    return { ...title, value: scale * median(all.map((figures) => figures[figure] as number)) }
  }

  async #next(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next()
    return done === true ? undefined : value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }
}
