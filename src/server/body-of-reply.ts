import type { RequestHead } from '../message/request-head.ts'
import type { LimitsSettings } from '../settings/model.ts'
import { createHttp2Body } from './http2-body.ts'
import { Http2Reply } from './http2-reply.ts'
import { NodeReply, type ServerReply } from './node-reply.ts'
import { createRequestBody, type ServerRequestBody } from './request-body.ts'

/** Creates the body of the request that this reply answers; an upgrade has none. */
export function createBodyOf(
  reply: ServerReply,
  head: RequestHead,
  limits: LimitsSettings,
): ServerRequestBody | undefined {
  if (reply instanceof NodeReply) return createRequestBody(reply, head, limits)
  return reply instanceof Http2Reply ? createHttp2Body(reply, head, limits) : undefined
}
