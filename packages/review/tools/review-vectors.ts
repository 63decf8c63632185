// Writes vectors/review/*.json: judgements, and the posteriors of the float Dawid-Skene reference, which shares no code
// with src. `node packages/review/tools/review-vectors.ts`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { floatDawidSkene } from '../test/support/float-dawid-skene.ts'
import { coin } from '../test/support/invented-reviewers.ts'

const FOLDER = fileURLToPath(new URL('../../../vectors/review/', import.meta.url))

export const VECTORS = ['two-classes', 'twelve-classes', 'rare-workers'] as const
type Name = (typeof VECTORS)[number]

export type AggregateVector = {
  readonly classes: readonly string[]
  readonly judgements: readonly (readonly [item: string, worker: string, label: string])[]
  /** Posteriors in the order of `classes`, six decimals. */
  readonly items: readonly {
    readonly item: string
    readonly label: string
    readonly posterior: readonly number[]
  }[]
}

/** `rare`: part of the judgements made by workers seen only once, who are described by one coin. */
const SHAPES: Readonly<
  Record<Name, { classes: number; items: number; workers: number; accuracy: number; rare: number }>
> = {
  'two-classes': { classes: 2, items: 40, workers: 7, accuracy: 0.8, rare: 0 },
  'twelve-classes': { classes: 12, items: 60, workers: 9, accuracy: 0.75, rare: 0 },
  'rare-workers': { classes: 4, items: 40, workers: 6, accuracy: 0.8, rare: 0.3 },
}

export function aggregateVector(name: Name): AggregateVector {
  const { classes: count, items, workers, accuracy, rare } = SHAPES[name]
  const random = coin(VECTORS.indexOf(name) + 20_261)
  const pick = (n: number): number => Math.floor(random() * n)
  const classes = Array.from({ length: count }, (_, i) => `label-${String(i).padStart(2, '0')}`)
  const judgements: [string, string, string][] = []
  for (let item = 0; item < items; item++) {
    const truth = pick(count)
    const asked = new Set(Array.from({ length: 4 }, () => pick(workers)))
    for (const worker of asked) {
      const said = random() < accuracy ? truth : pick(count)
      const who = random() < rare ? `rare-${judgements.length}` : `worker-${worker}`
      judgements.push([`item-${item}`, who, classes[said] ?? ''])
    }
  }
  const estimates = floatDawidSkene(
    judgements.map(([item, worker, label]) => ({ item, worker, label })),
    classes,
  )
  return {
    classes,
    judgements,
    items: [...estimates].map(([item, { label, posterior }]) => ({
      item,
      label,
      posterior: posterior.map((share) => Math.round(share * 1e6) / 1e6),
    })),
  }
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true })
  for (const name of VECTORS) {
    writeFileSync(`${FOLDER}aggregate-${name}.json`, `${JSON.stringify(aggregateVector(name))}\n`)
  }
}
