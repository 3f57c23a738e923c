import { isIP } from 'node:net'
import { buildConnector, errors } from 'undici'
import { type OutgoingTls, toConnectOptions } from '../outbound/outgoing-tls.ts'

/** What a connection to an upstream needs to know. */
export interface ConnectorSettings {
  readonly connectTimeoutMs: number
  /** Default: the system's authorities, the host that is called, no certificate of ours. */
  readonly tls?: OutgoingTls
}

/**
 * Creates what opens connections: name lookup, TCP and TLS, together within the connect timeout.
 *
 * The timeout is ours because undici's may come a second late. It is a timer for each connection, none for a request.
 *
 * @param http2 offers HTTP/2 to a TLS server; whether it was chosen is for the caller to check.
 */
export function createConnector(settings: ConnectorSettings, http2: boolean): buildConnector.connector {
  const connect = buildConnector({
    allowH2: http2,
    preferH2: http2,
    timeout: 0,
    ...(settings.tls === undefined ? undefined : toConnectOptions(settings.tls)),
  })
  return (options, callback) => {
    let isDue = true
    // What undici's connector gives back, whatever its type says, is the socket.
    const socket: unknown = connect({ ...options, servername: nameOf(options, settings.tls) }, (...result) => {
      if (!isDue) return
      isDue = false
      clearTimeout(timer)
      callback(...result)
    })
    const giveUp = (): void => {
      if (!isDue) return
      isDue = false
      if (isDestroyable(socket)) socket.destroy()
      callback(new errors.ConnectTimeoutError(`no connection within ${settings.connectTimeoutMs} ms`), null)
    }
    // A turn later: where the event loop was late, the connection may be there already.
    const timer = setTimeout(() => setImmediate(giveUp), settings.connectTimeoutMs)
  }
}

/** The name to ask for and to verify: the configured one, else the host that is called. Never the caller's Host field. */
function nameOf({ hostname }: buildConnector.Options, tls: OutgoingTls | undefined): string {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return tls?.servername ?? (isIP(host) === 0 ? host : '')
}

function isDestroyable(value: unknown): value is { destroy(): void } {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function'
}
