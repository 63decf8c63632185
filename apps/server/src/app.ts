/** The HTTP face: what stands before every route, the routes, the document that describes them. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import { secureHeaders } from 'hono/secure-headers'
import type { Api, Env } from './http.ts'
import { problemResponse, RequestError, statusOf } from './problem.ts'
import { classifyRoutes } from './routes/classify.ts'
import { communityRoutes } from './routes/community.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { itemRoutes } from './routes/items.ts'
import { logRoutes } from './routes/log.ts'
import { memberRoutes } from './routes/members.ts'
import { roundRoutes } from './routes/rounds.ts'
import type { Service } from './service.ts'

/** An envelope has at most 60 KB; the rest is for the addenda that come with it. */
const MOST_BODY_BYTES = 262_144

export function createApp(service: Service): Api {
  const app = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return
      const [issue] = result.error.issues
      const where = issue === undefined || issue.path.length === 0 ? result.target : issue.path.join('.')
      throw new RequestError('request.invalid', `${where}: ${issue?.message ?? 'not what was expected'}`)
    },
  })
  before(app, service)
  healthRoutes(app, service)
  communityRoutes(app, service)
  eventRoutes(app, service)
  roundRoutes(app, service)
  memberRoutes(app, service)
  itemRoutes(app, service)
  logRoutes(app, service)
  classifyRoutes(app, service)
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Commonhold node',
      version: '0.1.0',
      description:
        'A community that owns its model: signed events in, recomputable figures out. docs/spec/api.md',
    },
  })
  app.notFound((c) =>
    problemResponse(
      new RequestError('request.route_unknown', `there is no ${c.req.path}`),
      c.get('requestId'),
    ),
  )
  app.onError((error, c) => {
    const status = statusOf(error)
    const id = c.get('requestId')
    if (status >= 500)
      service.logger.error({ err: error, requestId: id, route: routePath(c) }, 'a request failed')
    return problemResponse(error, id)
  })
  return app
}

function before(app: Api, service: Service): void {
  app.use(requestId({ limitLength: 64 }))
  app.use(async (c, next) => {
    const started = service.now()
    await next()
    if (service.stopping) c.header('connection', 'close')
    service.metrics.requests.observe(
      { method: c.req.method, route: routePath(c, -1), status: String(c.res.status) },
      (service.now() - started) / 1000,
    )
  })
  // Nothing here is a page: no script, style or frame has any business with it.
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      referrerPolicy: 'no-referrer',
      // Whoever ends TLS decides this, for all that its name serves.
      strictTransportSecurity: false,
    }),
  )
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problemResponse(
          new RequestError('request.method', `the route takes ${methods.join(', ')}`, {
            headers: { allow: methods.join(', ') },
          }),
          c.get('requestId'),
        ),
    }),
  )
  const counted = bodyLimit({
    maxSize: MOST_BODY_BYTES,
    onError: () => {
      // What is left of a body without a length is not read: the connection is of no more use.
      throw tooLarge({ connection: 'close' })
    },
  })
  app.use(async (c, next) => {
    const length = c.req.header('content-length')
    // Before the body is touched: what nobody has begun to read, the listener can pass over.
    if (length === undefined) return counted(c, next)
    if (Number(length) > MOST_BODY_BYTES) throw tooLarge()
    return next()
  })
}

const tooLarge = (headers: Readonly<Record<string, string>> = {}): RequestError =>
  new RequestError('request.too_large', `a body has at most ${MOST_BODY_BYTES} bytes`, { headers })
