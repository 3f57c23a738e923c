/** The upstream of every contestant: an nginx on the load generator's core that answers 130 bytes, and serves the key set. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepting, freePort, LOAD_CORE, type Running, start } from './processes.ts'

export interface Upstream {
  readonly url: string
  readonly jwksUri: string
  stop(): Promise<void>
}

const ANSWER = JSON.stringify({ id: 7, item: 'a sample answer', note: 'x'.repeat(85) })

/** Starts it on a free port of 127.0.0.1. */
export async function startUpstream(directory: string, jwksFile: string): Promise<Upstream> {
  const port = await freePort()
  const running = startNginx(
    join(directory, 'upstream'),
    LOAD_CORE,
    `access_log off;
    server {
      listen 127.0.0.1:${port};
      default_type application/json;
      location = /jwks.json { alias ${jwksFile}; }
      location / { return 200 '${ANSWER}'; }
    }`,
  )
  await accepting(port, running)
  const url = `http://127.0.0.1:${port}`
  return { url, jwksUri: `${url}/jwks.json`, stop: running.stop }
}

/** Starts an nginx with one worker in a folder of its own; `http` is the content of its http block. */
export function startNginx(directory: string, core: number, http: string): Running {
  mkdirSync(directory, { recursive: true })
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${directory}/${name};`,
  )
  const file = join(directory, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
events { worker_connections 4096; }
http {
    ${paths.join(' ')}
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    ${http}
}
`,
  )
  return start(core, ['nginx', '-e', `${directory}/error.log`, '-p', directory, '-c', file], {
    logFile: join(directory, 'output.log'),
  })
}
