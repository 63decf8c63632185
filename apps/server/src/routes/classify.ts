/** Asking the live release. Public, so limited by address; every answer is signed. */
import { predict } from '@commonhold/learning'
import { labelText, ProtocolError } from '@commonhold/protocol'
import { createRoute, z } from '@hono/zod-openapi'
import { type Api, callerOf, demandToken } from '../http.ts'
import { RequestError } from '../problem.ts'
import { signAnswer } from '../promise.ts'
import { Attestation, EXAMPLE_ATTESTATION, EXAMPLE_ID, FAILURES, Id, json, RoundNumber } from '../schemas.ts'
import { foundedCommunity, type Service } from '../service.ts'

const MOST_CHARACTERS = 10_000

const Question = z.strictObject({ text: z.string().min(1).max(MOST_CHARACTERS) }).openapi('Question')

const Answer = z
  .object({
    label: z.string().nullable().describe('Null: the model does not know'),
    guess: z.string().describe('The most probable label, known or not'),
    confidencePpm: z
      .int()
      .min(0)
      .max(1_000_000)
      .describe('Calibrated probability of the guess in millionths'),
    known: z.boolean(),
    release: z.object({ round: RoundNumber, modelHash: Id }),
    at: z.int().describe('Unix time in milliseconds'),
    receipt: Attestation.describe('docs/spec/api.md, 6'),
  })
  .openapi('Answer')

const example = {
  label: 'heating',
  guess: 'heating',
  confidencePpm: 913_204,
  known: true,
  release: { round: 2, modelHash: EXAMPLE_ID },
  at: 1_767_603_600_000,
  receipt: EXAMPLE_ATTESTATION,
}

const classify = createRoute({
  method: 'post',
  path: '/v1/classify',
  summary: "Label a text with the community's live release",
  request: {
    body: {
      required: true,
      content: { 'application/json': { schema: Question, example: { text: 'The radiator is cold' } } },
    },
  },
  responses: { 200: json(Answer, example, 'The answer, signed by the node'), ...FAILURES },
})

export function classifyRoutes(app: Api, service: Service): void {
  const { community, closed, buckets } = service
  app.openapi(classify, async (c) => {
    const now = service.now()
    const caller = callerOf(c)
    demandToken(buckets.answersPerAddress, caller, now)
    buckets.answersPerAddress.take(caller, now)
    const given = c.req.valid('json').text
    if (!given.isWellFormed()) throw new RequestError('request.invalid', 'text: half a surrogate pair')
    const text = given.normalize('NFC')
    if (text.trim() === '') throw new RequestError('request.invalid', 'text: it is empty')
    const { live } = await closed.state()
    if (live === undefined)
      throw new ProtocolError('round.no_data', 'no release is live yet: a closed round makes one')
    const { label, confidence, known } = predict(live.model, text)
    const at = community.now()
    const release = { round: live.round, modelHash: live.hash }
    const receipt = signAnswer(community.nodeKey, {
      community: foundedCommunity(community.view).id,
      ...release,
      text,
      label,
      confidencePpm: confidence,
      known,
      at,
    })
    const guess = labelText(label)
    return c.json(
      { label: known ? guess : null, guess, confidencePpm: confidence, known, release, at, receipt },
      200,
    )
  })
}
