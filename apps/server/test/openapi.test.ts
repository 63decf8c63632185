import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { p256Signer } from '@commonhold/keys'
import { sealEnvelope } from '@commonhold/node'
import { ERROR_CODES, fromHex, ProtocolError, taggedHash } from '@commonhold/protocol'
import fc from 'fast-check'
import { pino } from 'pino'
import { createApp } from '../src/app.ts'
import { PROBLEMS, problemResponse } from '../src/problem.ts'
import { createService } from '../src/service.ts'
import { type Media, type Operation, schemaOf, wire } from './support/api.ts'
import { contribution, type Served, seal, serveSmallCommunity } from './support/node.ts'

let served: Served

before(async () => {
  served = await serveSmallCommunity()
})

after(() => served[Symbol.asyncDispose]())

type Listed = { readonly method: string; readonly path: string; readonly operation: Operation }

const operations = (): readonly Listed[] =>
  Object.entries(served.api.document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )

suite('the OpenAPI document', () => {
  test('lists every route, and no other', () => {
    const { community } = served.opened
    const logger = pino({ level: 'silent' })
    const { routes } = createApp(createService({ community, logger, now: () => 0 }))
    const declared = routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}').replace('*', '{path}')}`)
      .filter((route) => route !== 'GET /openapi.json')
    const listed = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    assert.deepEqual(listed.sort(), [...new Set(declared)].sort())
  })

  test('is OpenAPI 3.1: parameters, responses and references are whole', () => {
    const { document } = served.api
    assert.match(document.openapi, /^3\.1\.\d$/)
    assert.ok(document.info['title'] !== undefined && document.info['version'] !== undefined)
    for (const { path, operation } of operations()) {
      assert.match(path, /^\//)
      assert.ok(operation.summary.length > 0, path)
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      const named = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
      assert.deepEqual(inPath.map(({ name }) => name).sort(), named.sort(), path)
      assert.ok(inPath.every(({ required }) => required === true))
      assert.ok(Object.keys(operation.responses).some((status) => status.startsWith('2')))
      for (const [status, { description }] of Object.entries(operation.responses)) {
        assert.match(status, /^[1-5](?:\d\d|XX)$/)
        assert.ok(description.length > 0, `${path} ${status}`)
      }
    }
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)
    for (const [, name = ''] of references) assert.ok(document.components.schemas[name] !== undefined, name)
  })

  test('has an example for every JSON body and answer, and its schema takes it', () => {
    let examples = 0
    for (const { path, operation } of operations()) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)]
      for (const media of contents.flatMap((one) => Object.entries(one?.content ?? {}).filter(isJson))) {
        const [, { schema, example }] = media
        assert.ok(example !== undefined, path)
        const result = schemaOf(served.api.document, schema).safeParse(example)
        assert.ok(result.success, `${path}: ${JSON.stringify(result.error?.issues)}`)
        examples++
      }
    }
    assert.ok(examples >= operations().length)
  })
})

const isJson = ([type]: readonly [string, Media]): boolean => type.endsWith('json')

const ID = /^[0-9a-f]{64}$/
const idLike = fc.oneof(
  fc.constantFrom(taggedHash('a'), taggedHash('b')),
  fc.stringMatching(ID),
  fc.string({ maxLength: 80, unit: 'binary' }),
  fc.constantFrom('0', '1', '-1', '1e3', '007', '9007199254740993', '..', '%00', ' ', 'null', '__proto__'),
)

/** Something that could stand in a body: JSON of any shape, or an envelope with one part replaced. */
const bodies = (): fc.Arbitrary<string> => {
  const envelope = wire(seal(served.opened, 'bea', contribution(served.opened, 'bea', 'garbage')))
  const damaged = fc
    .tuple(fc.nat(30), fc.jsonValue())
    .map(([leaf, value]) => JSON.stringify(replaceLeaf(envelope, leaf, value)))
  // Signed anew, so that it comes as far as the rules.
  const signer = p256Signer(fromHex(taggedHash('garbage')))
  const signed = fc
    .tuple(fc.constantFrom('bea', 'cem'), fc.string({ maxLength: 20 }), fc.nat())
    .map(([handle, name, index]) => {
      const draft = contribution(served.opened, handle, name)
      const event = index % 2 === 0 ? draft.event : { ...draft.event, type: 'member.joined', key: signer.key }
      try {
        return JSON.stringify(wire(sealEnvelope(signer, [{ ...draft, event: event as typeof draft.event }])))
      } catch (error) {
        if (error instanceof ProtocolError) return '{}'
        throw error
      }
    })
  const text = fc.record({ text: fc.string({ unit: 'binary' }) }).map((value) => JSON.stringify(value))
  return fc.oneof(damaged, signed, text, fc.json(), fc.string({ unit: 'binary' }))
}

/** The value with its n-th leaf, in order, replaced. */
function replaceLeaf(value: unknown, leaf: number, by: unknown): unknown {
  let left = leaf
  const walk = (at: unknown): unknown => {
    if (typeof at !== 'object' || at === null) return left-- === 0 ? by : at
    if (Array.isArray(at)) return at.map(walk)
    return Object.fromEntries(Object.entries(at).map(([name, one]) => [name, walk(one)]))
  }
  return walk(value)
}

test('no request makes the server fail: nonsense is answered with a problem', async () => {
  const { api } = served
  const types = fc.constantFrom(
    'application/json',
    'application/json; charset=x',
    'text/plain',
    '',
    'a/b+json',
  )
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS')
  for (const { method, path } of operations()) {
    const posts = method === 'post'
    const requests = fc.record({
      ids: fc.array(idLike, { minLength: 4, maxLength: 4 }),
      query: fc.option(idLike, { nil: undefined }),
      verb: fc.oneof(
        { weight: 6, arbitrary: fc.constant(method.toUpperCase()) },
        { weight: 1, arbitrary: methods },
      ),
      type: posts ? fc.oneof({ weight: 5, arbitrary: fc.constant('application/json') }, types) : types,
      body: bodies(),
    })
    await fc.assert(
      fc.asyncProperty(requests, async ({ ids, query, verb, type, body }) => {
        let next = 0
        const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(ids[next++] as string) || '-')
        const url = query === undefined ? filled : `${filled}?member=${encodeURIComponent(query)}`
        const bare = verb === 'GET' || verb === 'HEAD'
        const { status } =
          verb === 'HEAD'
            ? await fetch(api.url + url, { method: verb })
            : await api.send(verb, url, bare ? undefined : body, type === '' ? {} : { 'content-type': type })
        assert.ok(status < 500, `${verb} ${url} ${body}: ${status}`)
      }),
      { numRuns: posts ? 120 : 25 },
    )
  }
})

test('every code of the protocol has a status and a title, and a bug tells nothing', async () => {
  for (const code of ERROR_CODES) {
    const response = problemResponse(new ProtocolError(code, 'in /secret/path', { a: 1 }), 'id')
    const body = (await response.json()) as Record<string, unknown>
    assert.equal(response.status, PROBLEMS[code].status)
    assert.equal(body['code'], code)
    assert.equal('detail' in body, response.status < 500)
  }
  const response = problemResponse(new Error('in /secret/path'), 'id')
  assert.equal(response.status, 500)
  assert.deepEqual(await response.json(), {
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    requestId: 'id',
  })
})
