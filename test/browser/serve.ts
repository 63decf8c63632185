// Serves the pure packages as they stand, types stripped, and the files of an export: what a browser needs to audit.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join, normalize, sep } from 'node:path'
import { PURE_PACKAGES } from '@commonhold/node'

const root = join(import.meta.dirname, '../..')

const importMap = {
  imports: {
    ...Object.fromEntries(
      PURE_PACKAGES.map((name) => [`@commonhold/${name}`, `/packages/${name}/src/index.ts`]),
    ),
    '@noble/hashes/': '/node_modules/@noble/hashes/',
    '@noble/curves/': '/node_modules/@noble/curves/',
  },
}

const page = `<!doctype html><meta charset="utf-8"><title>Audit</title>
<script type="importmap">${JSON.stringify(importMap)}</script>`

export type Served = AsyncDisposable & { readonly url: string }

/** @param exported folder of an export, served below /export/. */
export async function serveForBrowser(exported: string): Promise<Served> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
    const file = path.startsWith('/export/')
      ? join(exported, path.slice('/export/'.length))
      : join(root, path)
    if (path === '/') {
      response.setHeader('content-type', 'text/html').end(page)
    } else if (isServed(path, file)) {
      const script = path.endsWith('.ts') || path.endsWith('.js')
      response.setHeader('content-type', script ? 'text/javascript' : 'application/octet-stream')
      response.end(
        path.endsWith('.ts') ? stripTypeScriptTypes(readFileSync(file, 'utf8')) : readFileSync(file),
      )
    } else {
      response.statusCode = 404
      response.end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () => close(server),
  }
}

const isServed = (path: string, file: string): boolean =>
  /^\/(?:export|packages|node_modules\/@noble)\//.test(path.split(sep).join('/')) &&
  existsSync(file) &&
  statSync(file).isFile()

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
