/** How a TLS server that we call is verified, and what we show it; ready to be used, made once for a snapshot. */
export interface OutgoingTls {
  /** PEM; these and no others are trusted. Absent: the system's authorities. */
  readonly ca?: readonly string[]
  /** Our client certificate, leaf first, and its private key; both in PEM. */
  readonly cert?: string
  readonly key?: string
  /** Name that is asked for and that the certificate must serve. Absent: the host of the URL. */
  readonly servername?: string
  readonly rejectUnauthorized: boolean
  /** Equal for equal contents, and tells nothing of them: what pools are kept by. */
  readonly identity: string
}

/** What `tls.connect` takes of it. */
export function toConnectOptions(tls: OutgoingTls): {
  ca?: string[]
  cert?: string
  key?: string
  servername?: string
  rejectUnauthorized: boolean
} {
  const { ca, cert, key, servername, rejectUnauthorized } = tls
  return {
    rejectUnauthorized,
    ...(ca !== undefined && { ca: [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
  }
}
