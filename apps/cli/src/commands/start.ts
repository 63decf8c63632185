/** `commonhold start`: the community as a service, until Ctrl-C. */
import { once } from 'node:events'
import { createLogger, isLoopback, readConfig, startServer } from '@commonhold/server'
import { type Command, type Context, optional } from '../command.ts'
import { environment } from '../environment.ts'
import { openCommunity } from '../open.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export const start: Command = {
  name: 'start',
  summary: 'Serve the community over HTTP until Ctrl-C',
  args: '',
  options: {
    port: { type: 'string', value: 'PORT', help: 'the port (or PORT; default: 8787; 0 takes a free one)' },
    host: { type: 'string', value: 'HOST', help: 'the address to listen at (or HOST; default: 127.0.0.1)' },
  },
  run: async (context) => {
    // A terminal sends Ctrl-C to us and to npm, which passes it on: the second one must not cut the stopping short.
    const stopping = (): void => undefined
    for (const signal of SIGNALS) process.on(signal, stopping)
    try {
      await serve(context)
    } finally {
      for (const signal of SIGNALS) process.off(signal, stopping)
    }
    context.output.say('Stopped; everything acknowledged is in the log.')
    return 0
  },
}

/** Until a signal, or until nothing can be written any more: then the error is thrown, and the next start goes on. */
async function serve(context: Context): Promise<void> {
  const { output, signal } = context
  const given = { host: optional(context, 'host'), port: optional(context, 'port') }
  const config = readConfig(given, environment.all)
  await using opened = await openCommunity(context, 'start')
  const server = await startServer({
    community: opened.community,
    config,
    logger: createLogger(config.logLevel),
    now: () => performance.now(),
  })
  const { url, metricsUrl } = server
  const local = isLoopback(config.host)
  output.say(`The community is served at ${url}`)
  if (local) output.say('This address works only on this machine. The API is described at /openapi.json.')
  if (metricsUrl !== undefined) output.say(`Metrics: ${metricsUrl}`)
  output.result({ url, local, metrics: metricsUrl ?? null, pid: process.pid })
  const stopped = signal.aborted ? undefined : once(signal, 'abort').then(() => undefined)
  const failure = await Promise.race([stopped, server.failed])
  await server.stop()
  if (failure !== undefined) throw failure
}
