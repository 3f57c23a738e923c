import { type Dispatcher, request } from 'undici'
import { ControlAgent } from './control-agent.ts'
import {
  discard,
  type FetchedDocument,
  type FetchLimits,
  judgeHead,
  nameFailure,
  readBody,
  refuseUri,
  toFields,
} from './fetch-document.ts'
import type { OutgoingTls } from './outgoing-tls.ts'
import type { ProxyRules } from './proxy-rules.ts'

/** A form on its way to an endpoint. */
export interface PostedForm {
  /** In `application/x-www-form-urlencoded`. */
  readonly body: string
  /** Further fields of the request, by lower-case name: the client's authentication. */
  readonly fields: Readonly<Record<string, string>>
}

/** Posts forms to endpoints that answer with a small document, such as token introspection. */
export interface FormPoster {
  /** Never throws and never rejects; the reasons are those of `FetchDocument`. Anything but 200 is a failure. */
  post(uri: string, form: PostedForm, limits: FetchLimits): Promise<FetchedDocument>
  /** Ends its connections, and the calls on them. */
  close(): Promise<void>
}

export interface PosterParts {
  /** Absent: the system's authorities, and no certificate of ours. */
  readonly tls?: OutgoingTls | undefined
  /** Absent: no call goes through a proxy. */
  readonly proxies?: ProxyRules | undefined
  /** Most connections to one endpoint. */
  readonly connections: number
  /** Makes the calls in place of the poster's own agent. */
  readonly dispatcher?: Dispatcher
}

/** Creates a poster. It keeps connections: every unknown token is a call, and a handshake for each would be dear. */
export function createFormPoster({ tls, proxies, connections, dispatcher }: PosterParts): FormPoster {
  const agent = dispatcher ?? new ControlAgent({ tls, proxies, options: { connections, pipelining: 1 } })
  return {
    post: (uri, form, limits) => postForm(agent, uri, form, limits),
    close: () => agent.destroy(),
  }
}

async function postForm(
  dispatcher: Dispatcher,
  uri: string,
  { body, fields: further }: PostedForm,
  limits: FetchLimits,
): Promise<FetchedDocument> {
  const refusal = refuseUri(uri, limits.allowHttp === true)
  if (refusal !== undefined) return { ok: false, reason: refusal }
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const signal = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal])
  try {
    const response = await request(uri, {
      dispatcher,
      signal,
      method: 'POST',
      headers: {
        ...further,
        accept: limits.accept,
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'microgateway',
      },
      body,
      headersTimeout: limits.timeoutMs,
      bodyTimeout: limits.timeoutMs,
    })
    const fields = toFields(response.headers)
    const unfit = judgeHead(response.statusCode, fields, limits.maxBytes)
    const answer = unfit === undefined ? await readBody(response.body, limits.maxBytes) : undefined
    if (answer !== undefined) return { ok: true, status: response.statusCode, body: answer, fields }
    discard(response.body)
    return { ok: false, reason: unfit ?? 'too large' }
  } catch (error) {
    if (limits.signal?.aborted === true) return { ok: false, reason: 'closed' }
    return { ok: false, reason: timeout.aborted ? 'timeout' : nameFailure(error) }
  }
}
