/** For whoever watches the process. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Api } from '../http.ts'
import { FAILURES, json } from '../schemas.ts'
import type { Service } from '../service.ts'

const Health = z.object({ status: z.string() })
const Readiness = z.object({ ready: z.boolean(), trouble: z.string().nullable() })

const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'The process answers',
  responses: { 200: json(Health, { status: 'ok' }, 'It does'), ...FAILURES },
})

const readiness = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'The log can be written and published',
  responses: {
    200: json(Readiness, { ready: true, trouble: null }, 'It can'),
    503: json(Readiness, { ready: false, trouble: 'the database does not answer' }, 'It cannot, and why'),
    ...FAILURES,
  },
})

export function healthRoutes(app: Api, service: Service): void {
  app.openapi(health, (c) => c.json({ status: 'ok' }, 200))
  app.openapi(readiness, async (c) => {
    const trouble = service.stopping ? 'the node is stopping' : await service.trouble()
    return trouble === undefined
      ? c.json({ ready: true, trouble: null }, 200)
      : c.json({ ready: false, trouble }, 503)
  })
}
