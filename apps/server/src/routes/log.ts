/** The log as others check it: its files under /tlog/ (docs/spec/log.md, 2), and proofs for single entries. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'
import { formatLogProof, parseTilePath, TILE_WIDTH } from '@commonhold/tlog'
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Api, Env } from '../http.ts'
import { FAILURES, pathNumber } from '../schemas.ts'
import type { Service } from '../service.ts'

const IMMUTABLE = 'public, max-age=31536000, immutable'
/** A partial tile never changes, but may go once the full one is there. */
const PARTIAL = 'public, max-age=3600'

const receipt = createRoute({
  method: 'get',
  path: '/api/receipts/{index}',
  summary: 'Proof that an entry is in the log (c2sp.org/tlog-proof), at the last checkpoint',
  request: { params: z.object({ index: pathNumber('index', Number.MAX_SAFE_INTEGER) }) },
  responses: {
    200: {
      content: { 'text/plain': { schema: z.string(), example: 'c2sp.org/tlog-proof@v1\nindex 41\n…' } },
      description: 'Can be checked offline with the keys of the log',
    },
    ...FAILURES,
  },
})

const text = { content: { 'text/plain': { schema: z.string() } }, description: 'As it is' } as const
const bytes = {
  content: { 'application/octet-stream': { schema: z.string() } },
  description: 'As it is',
} as const

const FILES = {
  checkpoint: 'The last signed checkpoint',
  'log.vkey': 'The Ed25519 key of the log',
  'log-p256.vkey': 'The P-256 key of the log',
} as const

export function logRoutes(app: Api, service: Service): void {
  const { community, publishing } = service
  app.openapi(receipt, (c) => {
    const { index } = c.req.valid('param')
    const { last } = publishing
    if (last === undefined || index >= last.size) {
      throw new ProtocolError('log.missing', `no checkpoint covers entry ${index} yet`, {
        index,
        checkpoint: last?.size ?? 0,
      })
    }
    const proof = community.tree.inclusionProof(index, last.size)
    c.header('cache-control', 'no-cache')
    return c.text(formatLogProof({ index, proof, note: last.note }), 200)
  })
  for (const [name, summary] of Object.entries(FILES)) {
    const route = createRoute({
      method: 'get',
      path: `/tlog/${name}`,
      summary,
      responses: { 200: text, ...FAILURES },
    })
    app.openapi(route, async (c) => {
      c.header('cache-control', 'no-cache')
      return c.text((await readLogFile(service, name)).toString('utf8'), 200)
    })
  }
  // Paths of tiles have several segments, which a template of OpenAPI does not say.
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/tlog/tile/{path}',
    summary:
      'A tile, a bundle of entries or a pack of addenda; the path has several segments (docs/spec/log.md, 2)',
    request: {
      params: z.object({
        path: z.string().openapi({ param: { name: 'path', in: 'path' }, examples: ['0/000'] }),
      }),
    },
    responses: { 200: bytes, ...FAILURES },
  })
  app.get('/tlog/tile/*', (c) => serveTile(c, service))
}

async function serveTile(c: Context<Env>, service: Service): Promise<Response> {
  const path = c.req.path.slice('/tlog/'.length)
  const { kind, width } = parseTilePath(path)
  const content = await readLogFile(service, path)
  // A pack is written again when something in it is erased.
  const caching = kind === 'addenda' ? 'no-cache' : width === TILE_WIDTH ? IMMUTABLE : PARTIAL
  return c.body(new Uint8Array(content), 200, {
    'content-type': 'application/octet-stream',
    'cache-control': caching,
  })
}

/** @param path one of a log's own: it was checked before. @throws {ProtocolError} `log.missing`. */
async function readLogFile({ community }: Service, path: string): Promise<Buffer> {
  try {
    return await readFile(join(community.home.log, path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new ProtocolError('log.missing', `the log has no file ${path}`)
  }
}
