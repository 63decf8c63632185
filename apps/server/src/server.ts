/** The node as a service: one open community behind HTTP, from the first request to the last byte. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Community } from '@commonhold/node'
import { ProtocolError } from '@commonhold/protocol'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { isLoopback, type ServerConfig } from './config.ts'
import { createService, foundedCommunity, type Rates, type Service } from './service.ts'

export type ServerOptions = {
  readonly community: Community
  readonly config: Pick<ServerConfig, 'host' | 'port' | 'metricsPort'>
  readonly logger: Logger
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly rates?: Rates
}

export type RunningServer = {
  readonly url: string
  /** Where Prometheus reads, if anywhere. */
  readonly metricsUrl: string | undefined
  /** Settles with the error after which nothing can be written any more; `stop` is still due. */
  readonly failed: Promise<unknown>
  /** Takes no more requests, lets those that run end, publishes. The community stays open: whoever opened it closes it. */
  stop(): Promise<void>
}

/** How long a request that runs may still take when the server stops. */
const PATIENCE_MS = 10_000
const METRICS_HOST = '127.0.0.1'

/**
 * @throws {ProtocolError} `home.unusable` for a community that is not founded, or a demonstration at an address that
 *   others can reach; `usage.invalid` for an address that cannot be taken.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { community, config } = options
  checkExposure(community, config.host)
  foundedCommunity(community.view)
  const service = createService(options)
  await service.publishing.publish()
  await service.closed.state()
  const http = await listen(httpServer(service), config.host, config.port)
  let metrics: Server | undefined
  try {
    if (config.metricsPort !== undefined)
      metrics = await listen(metricsServer(service), METRICS_HOST, config.metricsPort)
  } catch (error) {
    await closeServer(http)
    await service.publishing.close()
    throw error
  }
  let stopping: Promise<void> | undefined
  return {
    url: urlOf(http, config.host),
    metricsUrl: metrics === undefined ? undefined : `${urlOf(metrics, METRICS_HOST)}/metrics`,
    failed: service.failed,
    stop: () => {
      stopping ??= stop(service, http, metrics)
      return stopping
    },
  }
}

/** Everybody knows a demonstration's keys: whoever reaches it can write in anybody's name. */
function checkExposure({ home }: Community, host: string): void {
  if (home.demonstration === undefined || isLoopback(host)) return
  throw new ProtocolError(
    'home.unusable',
    `a demonstration has published keys: it is served on this machine only, not on ${host}`,
  )
}

function httpServer(service: Service): Server {
  const app = createApp(service)
  const listener = getRequestListener((request, env) => app.fetch(request, env as HttpBindings))
  return createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 },
    (incoming, outgoing) => void listener(incoming, outgoing),
  )
}

function metricsServer({ metrics: { registry }, logger }: Service): Server {
  return createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => {
        logger.error({ err: error }, 'the metrics cannot be read')
        response.writeHead(500).end()
      },
    )
  })
}

async function listen(server: Server, host: string, port: number): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ProtocolError('usage.invalid', `${host}:${port} cannot be taken: ${error.message}`)),
    )
    server.listen(port, host, resolve)
  })
  return server
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function stop(service: Service, http: Server, metrics: Server | undefined): Promise<void> {
  service.stopping = true
  await closeServer(http)
  if (metrics !== undefined) await closeServer(metrics)
  await service.publishing.close()
  try {
    await service.publishing.publish()
  } catch (error) {
    // The log itself is durable; the next start publishes it.
    service.logger.error({ err: error }, 'the last publication failed')
  }
}

async function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), PATIENCE_MS)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearTimeout(timer)
}
