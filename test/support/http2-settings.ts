import type { Places } from './scene.ts'

/** Settings of a scene with HTTP/2 on TLS, and further keys where a test wants them. */
export function http2Settings({ upstream, jwksUri, issuer }: Places, more = ''): string {
  return `
ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
${more}
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`
}
