import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Judgement } from '../../src/index.ts'

const repository = fileURLToPath(new URL('../../../..', import.meta.url))
const folder = join(process.env['COMMONHOLD_SHARED'] ?? join(repository, '../shared'), 'data/crowd')

export const CROWD_SETS = ['face', 'product', 'rte', 'sentiment-1k', 'weather-sentiment-amt'] as const
/** False where the public sets are not on this machine, else what `test` wants as its skip option. */
export const crowdIsMissing: string | false = existsSync(folder) ? false : `no crowd label sets in ${folder}`

export type CrowdSet = {
  readonly judgements: readonly Judgement[]
  readonly truth: ReadonlyMap<string, string>
}

export function readCrowdSet(name: (typeof CROWD_SETS)[number]): CrowdSet {
  const rows = (file: string): string[][] =>
    readFileSync(join(folder, name, file), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','))
  return {
    judgements: rows('label.csv').map(([item = '', worker = '', label = '']) => ({ item, worker, label })),
    truth: new Map(rows('truth.csv').map(([item = '', label = '']) => [item, label])),
  }
}

export function accuracy(labels: ReadonlyMap<string, string>, truth: ReadonlyMap<string, string>): number {
  let right = 0
  for (const [item, label] of truth) if (labels.get(item) === label) right++
  return (100 * right) / truth.size
}
