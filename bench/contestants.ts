/** Who takes part: how each is found, started and what it does of the job. All of them log to a file and forward to one upstream. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeGatewayFile } from './gateway-file.ts'
import { accepting, CONTESTANT_CORE, freePort, hasCommand, type Running, start } from './processes.ts'
import { AUDIENCE, type Credentials, ISSUER, SUBJECT, TENANT } from './tokens.ts'
import { startNginx, type Upstream } from './upstream.ts'

export interface Contestant {
  readonly name: string
  /** False for plain proxies: they let everything through and take no part in refusals. */
  readonly judgesTokens: boolean
  /** Says what is missing here, or undefined if it can run. */
  missing(): string | undefined
  version(): string
  start(arena: Arena, port: number, directory: string): Running
}

export interface Arena {
  readonly directory: string
  readonly upstream: Upstream
  readonly credentials: Credentials
}

export interface Started {
  readonly contestant: Contestant
  readonly port: number
  readonly running: Running
}

export const SUBJECT_NAME = 'microgateway'
const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = join(HERE, '..')

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: SUBJECT_NAME,
    judgesTokens: true,
    missing: () => (existsSync(join(ROOT, 'src/main.ts')) ? undefined : 'src/main.ts'),
    version: () => packageVersion(join(ROOT, 'package.json')),
    start: ({ upstream, credentials }, port, directory) => {
      const file = writeGatewayFile(directory, { port, upstream: upstream.url, jwksFile: credentials.jwksFile })
      return start(CONTESTANT_CORE, [process.execPath, join(ROOT, 'src/launch.js'), 'start', '-c', file], {
        logFile: join(directory, 'log', 'output.log'),
        cwd: ROOT,
        env: { ...process.env, NODE_ENV: 'production' },
      })
    },
  },
  nodePeer('bare Node proxy', false, 'peers/bare-proxy.ts', [join(ROOT, 'node_modules/undici')]),
  {
    name: 'HAProxy jwt_verify',
    judgesTokens: true,
    missing: () => missingCommand('haproxy'),
    version: haproxyVersion,
    start: (arena, port, directory) =>
      startHaproxy(directory, port, arena, haproxyTokenRules(arena.credentials.publicKeyFile)),
  },
  nodePeer(
    'Fastify JWT',
    true,
    'peers/fastify.js',
    ['fastify', '@fastify/jwt', '@fastify/http-proxy'].map(benchPackage),
  ),
  nodePeer(
    'Express JWT',
    true,
    'peers/express.js',
    ['express', 'express-oauth2-jwt-bearer', 'http-proxy-middleware'].map(benchPackage),
  ),
  {
    name: 'HAProxy plain',
    judgesTokens: false,
    missing: () => missingCommand('haproxy'),
    version: haproxyVersion,
    start: (arena, port, directory) => startHaproxy(directory, port, arena, ''),
  },
  {
    name: 'nginx plain',
    judgesTokens: false,
    missing: () => missingCommand('nginx'),
    version: () => firstWordWithDigits(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr),
    start: ({ upstream }, port, directory) =>
      startNginx(
        directory,
        CONTESTANT_CORE,
        `access_log ${directory}/access.log combined;
    upstream service { server ${new URL(upstream.url).host}; keepalive 64; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://service;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
      }
    }`,
      ),
  },
]

/** Starts one contestant on a free port, in a folder of its own, and waits until it accepts. */
export async function startContestant(contestant: Contestant, arena: Arena): Promise<Started> {
  const directory = join(arena.directory, contestant.name.replaceAll(' ', '-'))
  mkdirSync(directory, { recursive: true })
  const port = await freePort()
  const running = contestant.start(arena, port, directory)
  try {
    await accepting(port, running)
  } catch (error) {
    await running.stop()
    throw error
  }
  return { contestant, port, running }
}

/** Describes a peer that Node.js runs; `needs` are the folders of its packages. */
function nodePeer(name: string, judgesTokens: boolean, file: string, needs: readonly string[]): Contestant {
  return {
    name,
    judgesTokens,
    missing: () => {
      const absent = needs.filter(folder => !existsSync(folder)).map(nameOf)
      return absent.length === 0 ? undefined : `${absent.join(', ')} (npm ci --prefix bench)`
    },
    version: () => needs.map(folder => `${nameOf(folder)} ${packageVersion(join(folder, 'package.json'))}`).join(' + '),
    start: ({ upstream, credentials }, port, directory) =>
      start(CONTESTANT_CORE, [process.execPath, join(HERE, file)], {
        logFile: join(directory, 'log', 'output.log'),
        env: {
          ...process.env,
          NODE_ENV: 'production',
          PORT: String(port),
          UPSTREAM: upstream.url,
          JWKS_URI: upstream.jwksUri,
          PUBLIC_KEY: credentials.publicKeyFile,
          ISSUER,
          AUDIENCE,
          SUBJECT,
          TENANT,
          ACCESS_LOG: join(directory, 'access.log'),
        },
      }),
  }
}

function nameOf(folder: string): string {
  return folder.split('node_modules/').at(-1) ?? folder
}

function startHaproxy(directory: string, port: number, { upstream }: Arena, rules: string): Running {
  const file = join(directory, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4096
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  option forwardfor
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  http-request set-header X-Forwarded-Proto http
${rules}
  default_backend service
backend service
  server service ${new URL(upstream.url).host} maxconn 64
`,
  )
  return start(CONTESTANT_CORE, ['haproxy', '-db', '-f', file], { logFile: join(directory, 'output.log') })
}

function haproxyTokenRules(publicKeyFile: string): string {
  return `  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 hdr WWW-Authenticate Bearer unless { var(txn.token) -m found }
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.token),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.token),jwt_payload_query('$.aud')
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.sub) var(txn.token),jwt_payload_query('$.sub')
  http-request set-var(txn.tenant) var(txn.token),jwt_payload_query('$.tenant')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ${ISSUER} }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,"${publicKeyFile}") 1 }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.aud) -m str ${AUDIENCE} }
  http-request deny deny_status 403 unless { var(txn.sub) -m str ${SUBJECT} } { var(txn.tenant) -m str ${TENANT} }
`
}

function haproxyVersion(): string {
  return firstWordWithDigits(spawnSync('haproxy', ['-v'], { encoding: 'utf8' }).stdout)
}

function missingCommand(name: string): string | undefined {
  return hasCommand(name) ? undefined : `${name} (apt-get install ${name})`
}

function benchPackage(name: string): string {
  return join(HERE, 'node_modules', name)
}

function packageVersion(file: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return manifest.version
}

function firstWordWithDigits(text: string): string {
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? 'unknown'
}
