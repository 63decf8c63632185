const { FUZZ_RUNS = '1' } = process.env

/** Runs of one property: the environment's FUZZ_RUNS multiplies what `npm test` can afford. */
export const runs = (usual: number): number => usual * Number(FUZZ_RUNS)
