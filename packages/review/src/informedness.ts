import { floorDivide } from '@commonhold/protocol'

export const PPM = 1_000_000n

/**
 * What a worker says against what is true. Row-major counts `counts[t * classes + l]`: how often (in any unit) the truth
 * was t and the answer l.
 */
export type Confusion = { readonly classes: number; readonly counts: Float64Array }

export const emptyConfusion = (classes: number): Confusion => ({
  classes,
  counts: new Float64Array(classes * classes),
})

export function addAnswer(confusion: Confusion, truth: number, answer: number, count: number): void {
  const at = truth * confusion.classes + answer
  confusion.counts[at] = (confusion.counts[at] as number) + count
}

/**
 * Informedness in ppm, [-10^6, 10^6]: how much better than chance the answers follow the truth. Powers (2003), "Recall
 * and precision versus the bookmaker": the mean over answers l, weighted by how often l is given, of
 * P(answer l | truth l) - P(answer l | truth not l). Answers that do not depend on the truth come to 0 in expectation
 * and a constant answer to exactly 0, whatever the mix of classes. Rounded down.
 *
 * @returns undefined if fewer than two classes occur among the truths: then nothing can be told from chance.
 */
export function informedness({ classes, counts }: Confusion): number | undefined {
  const truths = new Array<number>(classes).fill(0)
  const answers = new Array<number>(classes).fill(0)
  for (let t = 0; t < classes; t++) {
    for (let l = 0; l < classes; l++) {
      const count = counts[t * classes + l] as number
      truths[t] = (truths[t] as number) + count
      answers[l] = (answers[l] as number) + count
    }
  }
  if (truths.filter((count) => count > 0).length < 2) return undefined
  let total = 0
  for (const count of truths) total += count
  return sumOfRatios(classes, counts, truths, answers, BigInt(total))
}

function sumOfRatios(
  classes: number,
  counts: Float64Array,
  truths: readonly number[],
  answers: readonly number[],
  total: bigint,
): number {
  // Terms at 10^12, each rounded down, so that many classes do not add up to a visible error in ppm.
  let sum = 0n
  for (let l = 0; l < classes; l++) {
    const answered = BigInt(answers[l] as number)
    const truth = BigInt(truths[l] as number)
    if (answered === 0n) continue
    const hits = BigInt(counts[l * classes + l] as number)
    // answered/total x (hits/truth - (answered - hits)/(total - truth)); never right about a class that never occurs.
    sum +=
      truth === 0n
        ? floorDivide(-answered * answered * PPM * PPM, total * total)
        : floorDivide(
            answered * (hits * total - answered * truth) * PPM * PPM,
            total * truth * (total - truth),
          )
  }
  return Number(floorDivide(sum, PPM))
}
