/** Express with express-oauth2-jwt-bearer and http-proxy-middleware, keep-alive to the upstream; one log line a request. */
import { createWriteStream } from 'node:fs'
import { Agent } from 'node:http'
import express from 'express'
import { auth, claimEquals } from 'express-oauth2-jwt-bearer'
import { createProxyMiddleware } from 'http-proxy-middleware'

const { PORT, UPSTREAM, ISSUER, AUDIENCE, JWKS_URI, SUBJECT, TENANT, ACCESS_LOG } = process.env

const log = createWriteStream(ACCESS_LOG, { flags: 'a' })
const app = express()
app.disable('x-powered-by')
app.use((request, response, next) => {
  const { method, url } = request
  const started = performance.now()
  response.on('finish', () => {
    const durationMs = performance.now() - started
    const application = request.auth?.payload.sub
    log.write(
      `${JSON.stringify({ time: Date.now(), method, url, status: response.statusCode, application, durationMs })}\n`,
    )
  })
  next()
})
app.use(auth({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI, tokenSigningAlg: 'RS256' }))
app.use(claimEquals('sub', SUBJECT), claimEquals('tenant', TENANT))
app.use(createProxyMiddleware({ target: UPSTREAM, agent: new Agent({ keepAlive: true, maxSockets: 64 }), xfwd: true }))
app.use((error, _request, response, _next) => {
  response
    .status(error.status ?? 500)
    .set(error.headers ?? {})
    .json({ title: error.message })
})
app.listen(Number(PORT), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
