/** CPU time of work in this process: of all its threads, so that compiling and collecting garbage count. */

/** User and system time so far, in seconds. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

export function timed<T>(work: () => T): { readonly seconds: number; readonly result: T } {
  const before = cpuSeconds()
  const result = work()
  return { seconds: cpuSeconds() - before, result }
}

/** Runs each of `works` in turn, `repetitions` times: whatever else the machine does strikes all of them alike. */
export async function alternate(
  repetitions: number,
  ...works: readonly (() => number | Promise<number>)[]
): Promise<readonly (readonly number[])[]> {
  const values = works.map((): number[] => [])
  for (let i = 0; i < repetitions; i++) {
    for (const [which, work] of works.entries()) values[which]?.push(await work())
  }
  return values
}
