/** `npm run bench -- NAME`: prints a JSON line for each figure; without a name, which names there are. */

import { append } from './append.ts'
import { audit } from './audit.ts'
import { knnDense } from './knn-dense.ts'
import { knnSparse } from './knn-sparse.ts'
import { log } from './log.ts'
import type { Benchmark } from './report.ts'
import { topK } from './top-k.ts'
import { training } from './training.ts'

const BENCHMARKS: readonly Benchmark[] = [topK, knnDense, knnSparse, training, log, append, audit]

function list(): void {
  console.log(
    'npm run bench -- NAME (or all). The environment: BENCH_PYTHON, BENCH_DIR, see benchmarks/README.md',
  )
  for (const { name, summary } of BENCHMARKS) console.log(`  ${name.padEnd(12)} ${summary}`)
}

const [name, ...more] = process.argv.slice(2)
const chosen = BENCHMARKS.filter((one) => name === 'all' || one.name === name)
if (name === undefined) list()
else if (chosen.length === 0 || more.length > 0) {
  console.error(`no benchmark "${[name, ...more].join(' ')}"`)
  list()
  process.exitCode = 2
}
for (const benchmark of chosen) {
  for await (const line of benchmark.run()) console.log(JSON.stringify(line))
}
