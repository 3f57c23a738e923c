/**
 * A stand-in for a third party's issuer, to try the samples with: it signs whatever claims it is asked for. Never put it anywhere
 * but on loopback, for whoever reaches it can be anybody.
 *
 *   npx node samples/stand-in-issuer.ts [--port 8180] [--key FILE]
 *
 * `GET /certs` answers with its public key as a JWK Set. `POST /token` with a JSON object of claims answers with a token, signed with
 * RS256; `iss` (its own URL), `iat` (now) and `exp` (in five minutes) are filled in where they are absent. The key is made at start,
 * or read from a PEM file. `GET /.well-known/openid-configuration` tells where the keys are, and `POST /rotate` takes a new key in place of
 * the old one.
 *
 * `POST /opaque` with a JSON object of claims answers with an opaque token. `POST /introspect` tells who asks as `gateway` with the password
 * `introspect` what a token is good for (RFC 7662), and `POST /revoke` (both with the form `token=…`) ends one.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'

const MAX_BODY_BYTES = 64 * 1024
const LIFETIME_SECONDS = 300
const MAX_OPAQUE_TOKENS = 1_000
const GATEWAY = `Basic ${Buffer.from('gateway:introspect').toString('base64')}`

/** What opaque tokens are good for. */
const opaque = new Map<string, object>()

const { values } = parseArgs({ options: { port: { type: 'string', default: '8180' }, key: { type: 'string' } } })
let privateKey = values.key === undefined ? makeKey() : createPrivateKey(readFileSync(values.key, 'utf8'))

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/certs') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [{ ...publicJwk(), use: 'sig', alg: 'RS256' }] }))
  } else if (request.method === 'GET' && request.url === '/.well-known/openid-configuration') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ issuer: issuer(), jwks_uri: `${issuer()}/certs` }))
  } else if (request.method === 'POST' && request.url === '/rotate') {
    privateKey = makeKey()
    response.end(`${publicJwk().kid}\n`)
  } else if (request.method === 'POST' && request.url === '/token') {
    readText(request)
      .then(text => response.end(`${signToken(JSON.parse(text))}\n`))
      .catch(() => response.writeHead(400).end('send the claims as one JSON object\n'))
  } else if (request.method === 'POST' && request.url === '/opaque') {
    readText(request)
      .then(text => response.end(`${keepToken(JSON.parse(text))}\n`))
      .catch(() => response.writeHead(400).end('send the claims as one JSON object\n'))
  } else if (request.method === 'POST' && request.url === '/introspect') {
    if (request.headers.authorization !== GATEWAY) response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
    else
      void readText(request).then(text => {
        const claims = opaque.get(new URLSearchParams(text).get('token') ?? '')
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(claims === undefined ? { active: false } : { active: true, ...claims }))
      })
  } else if (request.method === 'POST' && request.url === '/revoke') {
    void readText(request).then(text =>
      response.end(`${opaque.delete(new URLSearchParams(text).get('token') ?? '')}\n`),
    )
  } else {
    response
      .writeHead(404)
      .end('GET /certs, /.well-known/openid-configuration; POST /token, /rotate, /opaque, /introspect, /revoke\n')
  }
})
server.listen(Number(values.port), '127.0.0.1', () => console.log(`issuer ${issuer()} (keys at ${issuer()}/certs)`))

function issuer(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function makeKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

function publicJwk(): { readonly kid: string; readonly [member: string]: unknown } {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  return { ...jwk, kid: createHash('sha256').update(`${jwk.n}`).digest('base64url') }
}

function signToken(claims: Readonly<Record<string, unknown>>): string {
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: issuer(), iat: now, exp: now + LIFETIME_SECONDS, ...claims }
  const content = `${encode({ alg: 'RS256', kid: publicJwk().kid, typ: 'JWT' })}.${encode(payload)}`
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`
}

function keepToken(claims: Readonly<Record<string, unknown>>): string {
  const now = Math.floor(Date.now() / 1000)
  const token = randomBytes(24).toString('base64url')
  if (opaque.size >= MAX_OPAQUE_TOKENS) opaque.clear()
  opaque.set(token, { iss: issuer(), iat: now, exp: now + LIFETIME_SECONDS, ...claims })
  return token
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > MAX_BODY_BYTES) throw new RangeError('the body is too large')
  }
  return text
}
