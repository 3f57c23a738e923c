import { type IncomingMessage, Server as PlainServer, type ServerOptions } from 'node:http'
import { Server as SecureServer } from 'node:https'
import type { LimitsSettings } from '../settings/model.ts'
import { LeanRequest } from './lean-request.ts'
import type { ServerTls } from './tls.ts'

export type HttpServer = PlainServer | SecureServer

/** How often Node looks for heads and requests that are overdue. */
const TIMEOUT_CHECK_MS = 1_000
/** Room for method, version and line ends in what Node counts as a head. */
const REQUEST_LINE_SLACK = 256

/**
 * Creates Node's server with every limit set and every leniency off. Not one option is left to a default that the platform may
 * change. With `tls` it speaks HTTPS: `currentTls` gives what new handshakes use.
 */
export function createHttpServer(
  limits: LimitsSettings,
  isUpgrade: (incoming: IncomingMessage) => boolean,
  tls: ServerTls | undefined,
  currentTls: () => ServerTls | undefined,
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
    shouldUpgradeCallback: isUpgrade,
  }
  const server = tls === undefined ? new PlainServer(options) : createSecureServer(options, limits, tls, currentTls)
  applyLimits(server, limits)
  return server
}

function createSecureServer(
  options: ServerOptions,
  limits: LimitsSettings,
  tls: ServerTls,
  currentTls: () => ServerTls | undefined,
): SecureServer {
  return new SecureServer({
    ...options,
    ...tls.options,
    requestCert: tls.requestCert,
    rejectUnauthorized: tls.rejectUnauthorized,
    handshakeTimeout: limits.headersTimeoutMs,
    ALPNProtocols: ['http/1.1'],
    // CVE-2026-21637: a callback that throws here ends the process; `choose` never does.
    SNICallback: (name, callback) => callback(null, currentTls()?.choose(name)),
  })
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
