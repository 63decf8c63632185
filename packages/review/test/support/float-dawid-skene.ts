// Dawid-Skene MAP in floats, written from the description alone (docs/spec/review.md, section 2): maps, logarithms of the
// engine, no tables. The independent reference for the integers.
import type { Judgement } from '../../src/index.ts'

export type FloatEstimate = { readonly label: string; readonly posterior: readonly number[] }

type Answer = { readonly worker: string; readonly label: number }

export function floatDawidSkene(
  judgements: readonly Judgement[],
  labels?: readonly string[],
): Map<string, FloatEstimate> {
  const classes = [...new Set(labels ?? judgements.map(({ label }) => label))].sort((a, b) =>
    a < b ? -1 : 1,
  )
  const last = new Map<string, Map<string, number>>()
  for (const { item, worker, label } of judgements) {
    if (!last.has(item)) last.set(item, new Map())
    last.get(item)?.set(worker, classes.indexOf(label))
  }
  const items = new Map(
    [...last].map(([item, answers]) => [
      item,
      [...answers].map(([worker, label]): Answer => ({ worker, label })),
    ]),
  )
  let posteriors = new Map([...items].map(([item, answers]) => [item, shares(answers, classes.length)]))
  for (let i = 0; i < 50; i++) posteriors = expect(items, posteriors, classes.length)
  return new Map(
    [...posteriors].map(([item, posterior]) => [
      item,
      { label: classes[posterior.indexOf(Math.max(...posterior))] ?? '', posterior },
    ]),
  )
}

function shares(answers: readonly Answer[], classes: number): number[] {
  const votes = new Array<number>(classes).fill(0)
  for (const { label } of answers) votes[label]! += 1
  return votes.map((count) => count / answers.length)
}

type Items = ReadonlyMap<string, readonly Answer[]>
type Posteriors = ReadonlyMap<string, readonly number[]>

function expect(items: Items, posteriors: Posteriors, classes: number): Map<string, number[]> {
  const prior = new Array<number>(classes).fill(1)
  for (const posterior of posteriors.values()) for (const [t, p] of posterior.entries()) prior[t]! += p
  const given = confusions(items, posteriors, classes)
  return new Map(
    [...items].map(([item, answers]) => {
      const logs = prior.map((count, t) =>
        answers.reduce(
          (sum, { worker, label }) => sum + Math.log(given.get(worker)?.[t]?.[label] ?? 0),
          Math.log(count),
        ),
      )
      const largest = Math.max(...logs)
      const likelihoods = logs.map((log) => Math.exp(log - largest))
      const total = likelihoods.reduce((a, b) => a + b, 0)
      return [item, likelihoods.map((likelihood) => likelihood / total)]
    }),
  )
}

/** P(label | true class) per worker: a matrix, or one coin for those with fewer than three labels. */
function confusions(items: Items, posteriors: Posteriors, classes: number): Map<string, number[][]> {
  const off = classes === 1 ? 0 : Math.min(1, 4 / (classes - 1))
  const soft = new Map<string, number[][]>()
  const labelled = new Map<string, number>()
  for (const [item, answers] of items) {
    for (const { worker, label } of answers) {
      if (!soft.has(worker))
        soft.set(
          worker,
          Array.from({ length: classes }, () => new Array<number>(classes).fill(0)),
        )
      labelled.set(worker, (labelled.get(worker) ?? 0) + 1)
      for (const [t, p] of (posteriors.get(item) ?? []).entries()) soft.get(worker)![t]![label]! += p
    }
  }
  const row = 4 + (classes - 1) * off
  return new Map(
    [...soft].map(([worker, counts]) => {
      const count = labelled.get(worker) ?? 0
      if (count < 3) {
        const right = (counts.reduce((sum, own, t) => sum + own[t]!, 0) + 4) / (count + row)
        const wrong = classes === 1 ? 0 : (1 - right) / (classes - 1)
        return [worker, counts.map((own, t) => own.map((_, l) => (l === t ? right : wrong)))]
      }
      return [
        worker,
        counts.map((own, t) => {
          const total = own.reduce((a, b) => a + b, 0) + row
          return own.map((value, l) => (value + (l === t ? 4 : off)) / total)
        }),
      ]
    }),
  )
}
