/** Fastify with @fastify/jwt (its cache on, large enough for every token) and @fastify/http-proxy; one log line a request. */
import { readFileSync } from 'node:fs'
import proxy from '@fastify/http-proxy'
import jwt from '@fastify/jwt'
import fastify from 'fastify'

const { PORT, UPSTREAM, PUBLIC_KEY, ISSUER, AUDIENCE, SUBJECT, TENANT } = process.env

const app = fastify({ logger: { level: 'info' }, disableRequestLogging: true })
app.register(jwt, {
  secret: { public: readFileSync(PUBLIC_KEY, 'utf8') },
  verify: { algorithms: ['RS256'], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: 10_000 },
})
app.addHook('onRequest', async (request, reply) => {
  const claims = await request.jwtVerify()
  if (claims.sub !== SUBJECT || claims.tenant !== TENANT) await reply.code(403).send({ title: 'Forbidden' })
})
app.addHook('onResponse', async (request, reply) => {
  const { method, url, id, user } = request
  const durationMs = reply.elapsedTime
  request.log.info({ id, method, url, status: reply.statusCode, application: user?.sub, durationMs }, 'request')
})
app.register(proxy, { upstream: UPSTREAM, undici: { connections: 64, pipelining: 1, allowH2: false } })
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
process.once('SIGTERM', () => process.exit(0))
