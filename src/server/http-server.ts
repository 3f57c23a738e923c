import { type IncomingMessage, Server as PlainServer, type ServerOptions } from 'node:http'
import { Server as SecureServer } from 'node:https'
import type { SecureContext } from 'node:tls'
import type { LimitsSettings } from '../settings/model.ts'
import { LeanRequest } from './lean-request.ts'
import type { ServerTls } from './tls.ts'

export type HttpServer = PlainServer | SecureServer

/** How often Node looks for heads and requests that are overdue: what a flood left behind is not answered all at once. */
const TIMEOUT_CHECK_MS = 200
/** Bytes that wait on their way in or out of a connection before the other side is paused; some more wait in the system. */
const WAITING_BYTES = 16 * 1024
/** Room for method, version and line ends in what Node counts as a head. */
const REQUEST_LINE_SLACK = 256

/**
 * Creates Node's server with every limit set and every leniency off. Not one option is left to a default that the platform may
 * change. With `tls` it speaks HTTPS: `currentTls` gives what new handshakes use, `offersHttp2` whether they may choose `h2`, whose
 * sockets the server does not know how to serve.
 */
export function createHttpServer(
  limits: LimitsSettings,
  isUpgrade: (incoming: IncomingMessage) => boolean,
  tls: ServerTls | undefined,
  currentTls: () => ServerTls | undefined,
  offersHttp2: () => boolean,
  onDefect: (error: unknown) => void = () => {},
): HttpServer {
  const options: ServerOptions = {
    IncomingMessage: LeanRequest,
    maxHeaderSize: maxHeadSize(limits),
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: requestTimeout(limits),
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: Math.max(10, Math.min(TIMEOUT_CHECK_MS, limits.headersTimeoutMs >> 1)),
    // Checked by `readHead`, which sees every line; here it would cost building the object of all fields.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
    highWaterMark: WAITING_BYTES,
    shouldUpgradeCallback: isUpgrade,
  }
  const server =
    tls === undefined
      ? new PlainServer(options)
      : createSecureServer(options, limits, tls, currentTls, offersHttp2, onDefect)
  applyLimits(server, limits)
  // A caller that has said everything may still listen; a property of Node's server that is not documented. What comes of a
  // connection that only seems to listen is the business of `Connection`. In TLS an end is one for both sides (RFC 5246 section 7.2.1).
  Object.assign(server, { httpAllowHalfOpen: true })
  return server
}

function createSecureServer(
  options: ServerOptions,
  limits: LimitsSettings,
  tls: ServerTls,
  currentTls: () => ServerTls | undefined,
  offersHttp2: () => boolean,
  onDefect: (error: unknown) => void,
): SecureServer {
  return new SecureServer({
    ...options,
    ...tls.options,
    requestCert: tls.requestCert,
    rejectUnauthorized: tls.rejectUnauthorized,
    handshakeTimeout: limits.headersTimeoutMs,
    ALPNCallback: ({ protocols }) => chooseProtocol(protocols, offersHttp2()),
    SNICallback: (name, callback) => answerServerName(name, currentTls, callback, onDefect),
  })
}

/** What is spoken on a new connection (RFC 7301); undefined ends the handshake: the caller speaks nothing that we do. */
function chooseProtocol(offered: readonly string[], offersHttp2: boolean): 'h2' | 'http/1.1' | undefined {
  if (offersHttp2 && offered.includes('h2')) return 'h2'
  return offered.includes('http/1.1') ? 'http/1.1' : undefined
}

/** CVE-2026-21637: a callback that throws here ends the process. `choose` should not; if it does, it ends that handshake only. */
function answerServerName(
  name: string,
  currentTls: () => ServerTls | undefined,
  callback: (error: Error | null, context?: SecureContext) => void,
  onDefect: (error: unknown) => void,
): void {
  let context: SecureContext | undefined
  try {
    context = currentTls()?.choose(name)
  } catch (error) {
    onDefect(error)
    callback(error instanceof Error ? error : new Error('no certificate could be chosen'))
    return
  }
  callback(null, context)
}

/** Applies limits to connections and requests from now on. */
export function applyLimits(server: HttpServer, limits: LimitsSettings): void {
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = requestTimeout(limits)
  server.keepAliveTimeout = limits.idleTimeoutMs
  // CVE-2026-58044: any other value hides field lines that still decide about framing. The cap is ours, in `readHead`.
  server.maxHeadersCount = 0
  // Read for each new connection; a property of Node's server that is not documented.
  Object.assign(server, { maxHeaderSize: maxHeadSize(limits) })
}

/** Node counts target and fields together; `readHead` has a cap for each. */
function maxHeadSize(limits: LimitsSettings): number {
  return limits.maxHeaderBytes + limits.maxTargetBytes + REQUEST_LINE_SLACK
}

/** A head is a part of its request: Node refuses a shorter time for the whole. */
function requestTimeout(limits: LimitsSettings): number {
  return Math.max(limits.requestTimeoutMs, limits.headersTimeoutMs)
}
