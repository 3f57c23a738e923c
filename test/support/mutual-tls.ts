/** A scene whose HTTPS listener asks for client certificates, and callers that have one. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { makeAuthority, type TestAuthority } from './authority.ts'
import { type Answer, type Call, send } from './call.ts'
import { makeCertificate, type TestCertificate } from './certificate.ts'
import type { Cleanup } from './command.ts'
import { fieldsOf, openScene, type Places, type Refusal, refuseAt, type Scene } from './scene.ts'

export interface SecureScene {
  readonly scene: Scene
  /** Makes a call over TLS that must be refused exactly so, without a byte to the upstream. */
  refuse(call: Call, refusal: Refusal): Promise<Answer>
  /** Makes a call over TLS that must reach the upstream once; resolves with the fields that it saw. */
  pass(call: Call): Promise<Readonly<Record<string, string>>>
}

/** Opens the scene. `settings` are those besides ports, TLS and stores; callers of `authority` are verified. */
export async function openSecureScene(
  t: Cleanup,
  authority: TestAuthority,
  settings: (places: Places, authServer: string) => string,
): Promise<SecureScene> {
  const server = makeCertificate('DNS:localhost')
  const scene = await openScene(t, {
    settings: places => `
ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
tls: { certificates: [ { keyStoreAlias: edge } ], client_certificates: optional, trustStoreAlias: callers }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
  truststores: [ { name: callers, entries: [ { alias: ca, certificate: ca.crt } ] } ]
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${places.issuer}", jwksuri: "${places.jwksUri}" } }
${settings(places, 'idp')}`,
    files: { 'tls.crt': server.cert, 'tls.key': server.key, 'ca.crt': authority.cert },
  })
  const secure = (call: Call): Call => ({ ...call, ca: server.cert })
  return {
    scene,
    refuse: (call, refusal) => refuseAt(scene.gateway.httpsUrl, scene, secure(call), refusal),
    async pass(call) {
      const before = scene.upstream.requests.length
      const answer = await send(scene.gateway.httpsUrl, secure(call))
      assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.body}`)
      assert.equal(scene.upstream.requests.length, before + 1, 'the upstream saw the request once')
      const seen = scene.upstream.requests.at(-1)
      assert.ok(seen)
      return fieldsOf(seen)
    },
  }
}

/** An authority, and certificates of callers from it and from nobody it knows. */
export function makeCallers(): {
  readonly authority: TestAuthority
  readonly billing: TestCertificate
  readonly other: TestCertificate
  readonly stranger: TestCertificate
} {
  const authority = makeAuthority('callers')
  const subject = '/C=DE/O=Example, Inc./CN=billing'
  return {
    authority,
    billing: authority.issue('DNS:Billing.Example.com,URI:spiffe://example.com/billing,IP:192.0.2.7', { subject }),
    other: authority.issue('DNS:other.example.com', { subject: '/CN=other' }),
    stranger: makeAuthority('callers').issue('DNS:billing.example.com', { subject }),
  }
}

/** `cnf` of a token that is bound to a certificate. */
export function boundToCertificate({ cert }: TestCertificate): { readonly cnf: Readonly<Record<string, string>> } {
  return { cnf: { 'x5t#S256': Buffer.from(fingerprintOf(cert).replaceAll(':', ''), 'hex').toString('base64url') } }
}

/** SHA-256 of a certificate as tools print it: upper case, with colons. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256
}
