/** Shapes of the API's values, and what every route says of its failures. */
import { z } from '@hono/zod-openapi'

const hex = (pattern: RegExp, example: string) =>
  z
    .string()
    .regex(pattern)
    .openapi({ examples: [example] })

export const EXAMPLE_ID = '6f1c0e5d8a3b47e29c4d1f0a6b8e7352c9d4a1b0e3f6587294a0c1d2e3f40516'
export const EXAMPLE_KEY = 'A2nB1rVq0sJkZt9uYx8wPc7vOd6fNe5gMh4iLj3kKl2m'
export const EXAMPLE_SIGNATURE =
  'MEUCIQDx0v1yq2z3w4u5t6s7r8p9o0n1m2l3k4j5i6h7g8f9e0d1c2b3a4Z5Y6X7W8V9U0T1S2R3Q4P5O6N7'

export const Id = hex(/^[0-9a-f]{64}$/, EXAMPLE_ID)
export const Amount = hex(/^[0-9]{1,78}$/, '12500000').describe('In the smallest unit: six decimals')
export const Index = z
  .int()
  .min(0)
  .openapi({ examples: [41] })
export const RoundNumber = z
  .int()
  .min(1)
  .max(1_000_000)
  .openapi({ examples: [2] })

/** A number in a path: no sign, no leading zero. */
export const pathNumber = (name: string, most: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/)
    .transform(Number)
    .pipe(z.number().int().max(most))
    .openapi({ type: 'integer', param: { name, in: 'path' }, examples: [2] })

export const pathId = (name: string) => Id.openapi({ param: { name, in: 'path' } })

export const Attestation = z.object({ digest: Id, key: z.string(), sig: z.string() }).openapi('Attestation', {
  description: "P-256 signature by the node's key over the 32 bytes of the digest",
})

export const EXAMPLE_ATTESTATION = { digest: EXAMPLE_ID, key: EXAMPLE_KEY, sig: EXAMPLE_SIGNATURE }

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().optional(),
    detail: z.string().optional(),
    details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    requestId: z.string(),
  })
  .openapi('Problem', { description: 'RFC 9457; `code` is one of docs/spec/api.md, 2' })

const EXAMPLE_PROBLEM = {
  type: 'urn:commonhold:problem:contribution.label_unknown',
  title: 'The label is not in the charter',
  status: 422,
  code: 'contribution.label_unknown',
  detail: 'the label "roof" is not in the charter',
  details: { label: 'roof' },
  requestId: '0b6c9a8e-4c0e-4d53-9a8d-5b1b9d0a4e11',
}

const problem = {
  content: { 'application/problem+json': { schema: Problem, example: EXAMPLE_PROBLEM } },
  description: 'What is wrong, and where',
} as const

/** Failures that any route may answer with. */
export const FAILURES = { '4XX': problem, '5XX': problem } as const

/** A JSON response: shape, example and what it is. */
export const json = <S extends z.ZodType>(schema: S, example: z.input<S>, description: string) => ({
  content: { 'application/json': { schema, example } },
  description,
})
