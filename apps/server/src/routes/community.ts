/** The community and its log's checkpoint. */
import { labelText, organisersOf, ProtocolError } from '@commonhold/protocol'
import { createRoute, z } from '@hono/zod-openapi'
import type { Api } from '../http.ts'
import { EXAMPLE_ID, FAILURES, Id, Index, json } from '../schemas.ts'
import { foundedCommunity, type Service } from '../service.ts'

const Chain = z.object({
  chainId: z.int(),
  token: z.string(),
  pool: z.string(),
  shares: z.string(),
  anchor: z.string(),
  practice: z
    .boolean()
    .describe('Practice money on a chain of the operator: it proves nothing against the operator'),
})

const Community = z
  .object({
    community: Id,
    demonstration: z.boolean().describe('Keys are published: nothing here is worth anything'),
    charter: z.record(z.string(), z.unknown()).describe('docs/spec/events.md, 5'),
    labels: z.array(z.object({ id: z.string(), text: z.string() })),
    members: z.int(),
    organisers: z.array(Id),
    contributions: z.int(),
    log: z.object({
      origin: z.string(),
      ed25519: z.string(),
      p256: z.string(),
      size: Index,
      checkpoint: z.int().describe('Entries that the last signed checkpoint covers'),
    }),
    node: z.string().describe("The node's key: it signs promises, answers and the node's own events"),
    rules: z.object({ version: z.string(), digest: Id }),
    round: z.object({ round: z.int(), phase: z.string() }).nullable(),
    chain: Chain.nullable(),
  })
  .openapi('Community')

const example = {
  community: EXAMPLE_ID,
  demonstration: false,
  charter: { kind: 'classify', labels: ['heating', 'noise'], join: 'open' },
  labels: [{ id: 'heating', text: 'heating' }],
  members: 12,
  organisers: [EXAMPLE_ID],
  contributions: 340,
  log: {
    origin: 'desk.example/log',
    ed25519: 'desk.example/log+5f2a91c0+AU5n',
    p256: 'desk.example/log+1d0b7a3e+/2Nv',
    size: 402,
    checkpoint: 402,
  },
  node: 'A2nB1rVq0sJkZt9uYx8wPc7vOd6fNe5gMh4iLj3kKl2m',
  rules: { version: '0.1.0', digest: EXAMPLE_ID },
  round: { round: 2, phase: 'reviews' },
  chain: null,
}

const read = createRoute({
  method: 'get',
  path: '/api/community',
  summary: 'The community: charter, labels, log, round, contracts, rules',
  responses: { 200: json(Community, example, 'As of now'), ...FAILURES },
})

const checkpoint = createRoute({
  method: 'get',
  path: '/api/log/checkpoint',
  summary: 'The last signed checkpoint (c2sp.org/tlog-checkpoint)',
  responses: {
    200: {
      content: {
        'text/plain': {
          schema: z.string(),
          example: 'desk.example/log\n402\nq1w2…\n\n— desk.example/log …\n',
        },
      },
      description: 'A signed note',
    },
    ...FAILURES,
  },
})

export function communityRoutes(app: Api, { community, publishing }: Service): void {
  app.openapi(read, (c) => {
    const { view, home } = community
    const { id, founding } = foundedCommunity(view)
    const round = view.rounds.at(-1)
    return c.json(
      {
        community: id,
        demonstration: home.demonstration !== undefined,
        charter: founding.charter as unknown as Record<string, unknown>,
        labels: founding.charter.labels.map((label) => ({ id: label, text: labelText(label) })),
        members: view.members.size,
        organisers: [...organisersOf(view)],
        contributions: view.contributions.size,
        log: { ...founding.log, size: view.size, checkpoint: publishing.last?.size ?? 0 },
        node: founding.node,
        rules: { ...(view.rules ?? founding.rules) },
        round: round === undefined ? null : { round: round.round, phase: round.phase },
        chain: view.chain === undefined ? null : chainOf(view.chain),
      },
      200,
    )
  })
  app.openapi(checkpoint, (c) => {
    const { last } = publishing
    if (last === undefined) throw new ProtocolError('log.missing', 'no checkpoint has been signed yet')
    c.header('cache-control', 'no-cache')
    return c.text(last.note, 200)
  })
}

const chainOf = ({ chainId, token, pool, shares, anchor, practice }: z.infer<typeof Chain>) => ({
  chainId,
  token,
  pool,
  shares,
  anchor,
  practice,
})
