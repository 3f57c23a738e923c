import { randomUUID } from 'node:crypto'
import type { AccessLog } from '../log/access-log.ts'
import { findFixedRoute, findRoute } from '../server/find-route.ts'
import { createHttp2Reply } from '../server/http2-reply.ts'
import { type ListenerParts, openListener } from '../server/listener.ts'
import type { OpenListener } from '../server/listeners.ts'
import { createReply } from '../server/node-reply.ts'
import type { OpenStreams } from '../server/open-streams.ts'
import { createBadRequestRecorder, createRecorder } from '../server/record-exchange.ts'
import { refuseBadRequest } from '../server/refuse-bad-request.ts'
import { type ServingParts, serveExchange } from '../server/serve-exchange.ts'
import { createUpgradeReply } from '../server/upgrade-reply.ts'
import type { CompileParts } from '../snapshot/compile.ts'
import type { SnapshotHolder } from '../snapshot/holder.ts'
import type { PathRoutes } from '../snapshot/snapshot.ts'
import type { Overload } from './overload.ts'

export interface ListenerOpenerParts extends CompileParts {
  readonly holder: SnapshotHolder
  readonly accessLog: () => AccessLog
  readonly adminPaths: () => PathRoutes
  readonly streams: OpenStreams
  /** Asked for callers, never for operators. */
  readonly overload?: Pick<Overload, 'connections' | 'guard'>
}

/**
 * Creates what opens listeners: the APIs behind `http` and `https`, the admin pages and nothing else behind `admin`. What arrives
 * before a listener is in force waits: the snapshot that it was opened for is not in force either.
 */
export function createListenerOpener(parts: ListenerOpenerParts): OpenListener {
  const { clock, schedule, logger, holder } = parts
  const record = createRecorder(parts)
  const common = { holder, clock, logger, record, counters: parts.counters, streams: parts.streams }
  const apis: ServingParts = {
    ...common,
    guard: parts.overload?.guard,
    find: (head, snapshot) => findRoute(head, snapshot),
  }
  const admin: ServingParts = { ...common, find: head => findFixedRoute(head, parts.adminPaths()) }
  const badRequest = {
    newId: randomUUID,
    nowMs: () => clock.now(),
    presentation: () => {
      const { faults, name } = holder.current().settings
      return { format: faults.format, realm: name }
    },
    record: createBadRequestRecorder(parts),
  }
  return ({ kind, address, limits, tls, http2 }, inForce) => {
    const serving = kind === 'admin' ? admin : apis
    let isInForce = false
    const opened = inForce.then(() => {
      isInForce = true
    })
    const serveRequest: ListenerParts['onRequest'] = (incoming, response, connection) =>
      serveExchange(serving, incoming, createReply(incoming, response, connection), connection)
    const serveUpgrade: ListenerParts['onUpgrade'] = (incoming, socket, firstBytes, connection) =>
      serveExchange(serving, incoming, createUpgradeReply(connection, socket, firstBytes), connection)
    const serveStream: NonNullable<ListenerParts['onStream']> = (request, connection) =>
      serveExchange(serving, request, createHttp2Reply(request, connection), connection)
    return openListener(address, kind, {
      clock,
      schedule,
      limits,
      tls,
      http2,
      cap: kind === 'admin' ? undefined : parts.overload?.connections,
      onRequest: (incoming, response, connection) =>
        isInForce
          ? serveRequest(incoming, response, connection)
          : opened.then(() => serveRequest(incoming, response, connection)),
      onUpgrade: (incoming, socket, firstBytes, connection) =>
        isInForce
          ? serveUpgrade(incoming, socket, firstBytes, connection)
          : opened.then(() => serveUpgrade(incoming, socket, firstBytes, connection)),
      onStream: (request, connection) =>
        isInForce ? serveStream(request, connection) : opened.then(() => serveStream(request, connection)),
      onBadRequest: (denial, connection) => refuseBadRequest(denial, connection, badRequest),
      onDefect: error => {
        parts.counters.defects += 1
        logger.error({ err: error }, 'a listener failed: this is a defect of the gateway')
      },
    })
  }
}
