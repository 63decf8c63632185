/** The part of `Math` that every engine computes to the same bit. The pure packages use nothing else of it. */
export const { abs, ceil, clz32, floor, fround, imul, max, min, round, sign, sqrt, trunc } = Math
