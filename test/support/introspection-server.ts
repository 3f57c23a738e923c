/** A real introspection endpoint (RFC 7662) on the loopback interface, with faults that a test can switch on. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * How the server answers: `ok` (what it knows of the token); `status500`; `status401` (refuses its client); `hang` (takes the question,
 * never answers); `html` (200 with a page); `huge` (JSON that does not end); `redirect` (302 to the right answer); `cut` (the connection breaks
 * inside the body); `refuse` (the connection breaks before the head); `slow` (right, but after `slowMs`).
 */
export type IntrospectionMode =
  | 'ok'
  | 'status500'
  | 'status401'
  | 'hang'
  | 'html'
  | 'huge'
  | 'redirect'
  | 'cut'
  | 'refuse'
  | 'slow'

/** A question as it arrived. */
export interface Question {
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

export interface IntrospectionServer {
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  readonly endpoint: string
  /** Every question so far. */
  readonly questions: readonly Question[]
  mode: IntrospectionMode
  /** Delay of the mode `slow`. 50 by default. */
  slowMs: number
  /** What is said of a token: members of an active answer, or a whole answer of any kind. Others are `{"active":false}`. */
  readonly answers: Map<string, unknown>
  /** Makes another answer of one, with its content type: for signed ones. */
  sign: ((answer: unknown) => Promise<{ readonly type: string; readonly body: string }>) | undefined
  /** Who may ask, as `clientId:clientSecret` of Basic; anybody by default. */
  client: string | undefined
  /** Says that a token is active, with these members. */
  issue(token: string, members?: Readonly<Record<string, unknown>>): void
  /** Resolves when the number of questions has reached `count`. */
  asked(count: number): Promise<void>
  close(): Promise<void>
}

/** Starts a server on a free port. */
export async function startIntrospectionServer(): Promise<IntrospectionServer> {
  const questions: Question[] = []
  let waiting: { readonly count: number; readonly resolve: () => void }[] = []

  const http = createServer((request, response) => {
    response.on('error', () => {})
    void text(request).then(
      body => take({ headers: request.headers, form: new URLSearchParams(body) }, response),
      () => {},
    )
  })

  const take = async (question: Question, response: ServerResponse): Promise<void> => {
    questions.push(question)
    for (const waiter of waiting) if (waiter.count <= questions.length) waiter.resolve()
    waiting = waiting.filter(waiter => waiter.count > questions.length)
    const isClient =
      server.client === undefined ||
      question.headers.authorization === `Basic ${Buffer.from(server.client).toString('base64')}`
    await answer(isClient ? server.mode : 'status401', question, response)
  }

  const answer = async (mode: IntrospectionMode, { form }: Question, response: ServerResponse): Promise<void> => {
    if (mode === 'hang') return
    if (mode === 'refuse') {
      response.destroy()
      return
    }
    const known = server.answers.get(form.get('token') ?? '') ?? { active: false }
    if (mode === 'slow') await wait(server.slowMs, undefined, { ref: false })
    if (mode === 'status500') response.writeHead(500).end('{"error":"down"}')
    else if (mode === 'status401') response.writeHead(401, { 'www-authenticate': 'Basic realm="as"' }).end('{}')
    else if (mode === 'redirect') response.writeHead(302, { location: '/moved' }).end()
    else if (mode === 'html')
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sign in</title>')
    else if (mode === 'huge') sendHuge(response)
    else if (mode === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '20000' })
      response.write('{"active":true', () => response.destroy())
    } else {
      const signed = await server.sign?.(known)
      response.setHeader('content-type', signed?.type ?? 'application/json')
      response.end(signed?.body ?? (typeof known === 'string' ? known : JSON.stringify(known)))
    }
  }

  const server: IntrospectionServer = {
    origin: '',
    endpoint: '',
    questions,
    mode: 'ok',
    slowMs: 50,
    answers: new Map(),
    sign: undefined,
    client: undefined,
    issue(token, members = {}) {
      server.answers.set(token, { active: true, ...members })
    },
    asked(count) {
      if (questions.length >= count) return Promise.resolve()
      return new Promise(resolve => waiting.push({ count, resolve }))
    },
    async close() {
      const closed = new Promise(resolve => http.close(resolve))
      http.closeAllConnections()
      await closed
    },
  }
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return Object.defineProperties(server, {
    origin: { value: origin },
    endpoint: { value: `${origin}/introspect` },
  })
}

/** 10 MiB of an active answer, as fast as the other side takes it. */
function sendHuge(response: ServerResponse): void {
  let left = 160
  const chunk = ' '.repeat(65_536)
  const push = (): void => {
    while (left > 0 && !response.destroyed && response.write(chunk)) left -= 1
    if (left <= 0) response.end()
  }
  response.setHeader('content-type', 'application/json')
  response.on('drain', push)
  response.write('{"active":true,"pad":"')
  push()
}
