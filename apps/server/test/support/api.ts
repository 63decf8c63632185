// A client of the API that believes nothing: every JSON answer is checked against the OpenAPI document, every failure
// against RFC 9457.
import assert from 'node:assert/strict'
import type { Submission } from '@commonhold/node'
import { toBase64Url } from '@commonhold/protocol'
import { z } from 'zod'

type Json = Readonly<Record<string, unknown>>

export type Media = { readonly schema: Json; readonly example?: unknown }
type Content = Readonly<Record<string, Media>>

export type Operation = {
  readonly summary: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: Json
  }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

export type Document = {
  readonly openapi: string
  readonly info: Json
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Of a JSON answer; undefined otherwise. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A check of values by a schema of the document. */
export function schemaOf(document: Document, schema: Json): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas })
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as never)
}

const pattern = (path: string): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/?]+')}(?:\\?|$)`)

export class Api {
  readonly url: string
  readonly document: Document

  constructor(url: string, document: Document) {
    this.url = url
    this.document = document
  }

  static async open(url: string): Promise<Api> {
    const response = await fetch(`${url}/openapi.json`)
    return new Api(url, (await response.json()) as Document)
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(body), { 'content-type': 'application/json' })
  }

  submit(submission: Submission): Promise<Answer> {
    return this.post('/api/events', wire(submission))
  }

  async send(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const init = body === undefined ? { method, headers } : { method, headers, body }
    const response = await fetch(this.url + path, init)
    const text = await response.text()
    const { status } = response
    const type = response.headers.get('content-type') ?? ''
    const isJson = /^application\/(?:problem\+)?json/.test(type)
    const answer = {
      status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : undefined) as Answer['body'],
    }
    if (status >= 400 && !(path === '/readyz' && status === 503)) checkProblem(answer)
    else this.#check(method, path, answer)
    return answer
  }

  #check(method: string, path: string, { status, body }: Answer): void {
    const known = Object.entries(this.document.paths).find(([template]) => pattern(template).test(path))
    const schema = known?.[1][method.toLowerCase()]?.responses[status]?.content?.['application/json']?.schema
    if (schema === undefined) return
    const result = schemaOf(this.document, schema).safeParse(body)
    assert.ok(result.success, `${path}: ${JSON.stringify(result.error?.issues)}`)
  }
}

function checkProblem({ status, headers, body, text }: Answer): void {
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/, text)
  const { status: told, title, type, requestId } = body
  assert.equal(told, status)
  assert.equal(requestId, headers.get('x-request-id'))
  assert.ok(typeof title === 'string' && typeof type === 'string' && type !== '', text)
}

/** An envelope as it travels. */
export const wire = ({ envelope, addenda }: Submission) => ({
  events: envelope.events,
  key: envelope.key,
  sig: toBase64Url(envelope.signature),
  addenda: addenda.map(({ digest, bytes }) => ({ digest, bytes: toBase64Url(bytes) })),
})

/** The answer is a problem with this status and code. */
export function refused(answer: Answer, status: number, code: string): void {
  assert.equal(`${answer.status} ${String(answer.body['code'])}`, `${status} ${code}`, answer.text)
}
