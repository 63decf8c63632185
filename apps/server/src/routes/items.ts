/** Where an item stands, and what waits for a reviewer. */
import {
  addendumText,
  type Contribution,
  currentRound,
  type Digest,
  type EventId,
  labelText,
  type MemberId,
  ProtocolError,
} from '@commonhold/protocol'
import { createRoute, z } from '@hono/zod-openapi'
import type { Api } from '../http.ts'
import { clusterOf, itemSteps, type Step, stepText } from '../item-state.ts'
import { EXAMPLE_ID, FAILURES, Id, json, pathId, RoundNumber } from '../schemas.ts'
import { foundedCommunity, type Service } from '../service.ts'

const Item = z
  .object({
    item: Id,
    state: z.string().describe('The last step'),
    text: z.string().describe('The same in words'),
    steps: z.array(z.looseObject({ step: z.string() })).describe('docs/spec/api.md, 5'),
  })
  .openapi('Item')

const Queue = z
  .object({
    member: Id,
    round: RoundNumber.nullable(),
    labels: z.array(z.object({ id: z.string(), text: z.string() })),
    items: z.array(z.object({ item: Id, text: z.string(), lang: z.string().optional() })),
    waiting: z.int().describe('Items in all that were drawn for the member and are not answered'),
    empty: z.string().nullable().describe('Why there is nothing to review, if there is nothing'),
  })
  .openapi('Queue')

const exampleItem = {
  item: EXAMPLE_ID,
  state: 'checking',
  text: 'checking: 1 of 2 answers',
  steps: [
    { step: 'received', index: 41, round: 1 },
    { step: 'checking', answers: 1, drawn: 2 },
  ],
}
const exampleQueue = {
  member: EXAMPLE_ID,
  round: 1,
  labels: [{ id: 'heating', text: 'heating' }],
  items: [{ item: EXAMPLE_ID, text: 'The radiator is cold', lang: 'en' }],
  waiting: 1,
  empty: null,
}

const read = createRoute({
  method: 'get',
  path: '/api/items/{item}',
  summary: 'Where an item stands: received, checking, accepted, counted, paid, and why',
  request: { params: z.object({ item: pathId('item') }) },
  responses: { 200: json(Item, exampleItem, 'As of now'), ...FAILURES },
})

const MOST_ITEMS = 100

const queue = createRoute({
  method: 'get',
  path: '/api/queue',
  summary: 'What was drawn for a reviewer and is not answered: texts and labels, never who wrote them',
  request: {
    query: z.object({ member: Id.openapi({ param: { name: 'member', in: 'query' } }) }),
  },
  responses: { 200: json(Queue, exampleQueue, `At most ${MOST_ITEMS} items, in log order`), ...FAILURES },
})

export function itemRoutes(app: Api, service: Service): void {
  const { community } = service
  app.openapi(read, async (c) => {
    const id = c.req.valid('param').item as EventId
    const item = community.view.contributions.get(id)
    if (item === undefined) throw new ProtocolError('contribution.unknown', `there is no item ${id}`)
    const steps = await stepsOf(service, item)
    const last = steps.at(-1) as Step
    return c.json({ item: id, state: last.step, text: stepText(last), steps: [...steps] }, 200)
  })
  app.openapi(queue, async (c) => {
    const member = c.req.valid('query').member as MemberId
    if (!community.view.members.has(member))
      throw new ProtocolError('member.unknown', 'there is no member with this id')
    const open = await waitingFor(service, member)
    const items = await textsOf(service, open.waiting.slice(0, MOST_ITEMS))
    const { charter } = foundedCommunity(community.view).founding
    const labels = charter.labels.map((id) => ({ id, text: labelText(id) }))
    const { round, waiting, empty } = open
    return c.json({ member, round, labels, items, waiting: waiting.length, empty }, 200)
  })
}

async function stepsOf({ community, closed, lots }: Service, item: Contribution): Promise<readonly Step[]> {
  const state = await closed.state()
  const open = await lots.current()
  const accepted = clusterOf(state, item.id)
  const statement = accepted === undefined ? undefined : await closed.statement(accepted.round)
  return itemSteps({ view: community.view, item, state, lots: open, statement: statement?.get(item.author) })
}

type Waiting = {
  readonly round: number | null
  readonly waiting: readonly EventId[]
  readonly empty: string | null
}

async function waitingFor({ community, lots }: Service, member: MemberId): Promise<Waiting> {
  const { view } = community
  const nothing = (empty: string): Waiting => ({
    round: currentRound(view)?.round ?? null,
    waiting: [],
    empty,
  })
  if (view.members.get(member)?.roles.has('reviewer') !== true) return nothing('the member is no reviewer')
  const open = await lots.current()
  if (open === undefined || currentRound(view)?.phase !== 'reviews')
    return nothing('no round takes reviews now')
  const drawn = open.byReviewer.get(member) ?? []
  const waiting = drawn.filter((item) => !view.reviewed.has(`${item}:${member}`))
  if (waiting.length > 0) return { round: open.round, waiting, empty: null }
  return nothing(drawn.length === 0 ? 'nothing was drawn for the member' : 'everything is answered')
}

/** Erased texts cannot be judged and are left out. */
async function textsOf({ community: { view, store } }: Service, ids: readonly EventId[]) {
  const contributions = ids.map((id) => view.contributions.get(id) as Contribution)
  const contents = await store.addenda.get(contributions.map(({ content }): Digest => content))
  return contributions.flatMap(({ id, content, lang }) => {
    const bytes = contents.get(content)
    if (bytes === undefined) return []
    return [{ item: id, text: addendumText(bytes), ...(lang === undefined ? {} : { lang }) }]
  })
}
