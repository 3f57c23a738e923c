/**
 * kill -9 at any moment of a start or a reload loses nothing that was promised: files under `state_dir` are whole and private, a key
 * that anybody has seen is the key after the restart, and the restart works.
 */
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type GatewayProcess, makeFolder, startCommand, startGatewayProcess } from '../support/command.ts'

const SETTINGS = `
security_settings:
  keystores: [ { name: own, type: generated, alias: signing, algorithm: ES256 } ]
  auth_servers:
    - name: own
      localIntrospectionConfig: { issuer: https://own.example.com, audience: orders }
      tokenGeneratorConfig: { keyStoreAlias: own, keyAlias: signing, algorithm: ES256, audience: orders, expiry: 5 }
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: own ] } ]
`
/** Things that happen to files under `state_dir` before the kill, round by round. */
const KILLED_AFTER = [1, 2, 3, 4, 6, 8, 10]
const ROUNDS_AT_RELOAD = 4
const PORTS = { mcgw_ports_http: '127.0.0.1:0', mcgw_ports_admin: '127.0.0.1:0' }
const STATE_FILE = /^(?:admin-token|signing-key[a-z0-9.-]+\.pem)$/
const UNFINISHED = /^\.[a-z0-9._-]+\.[0-9a-f]{12}\.tmp$/

/** Everything under `state_dir` is whole, ours, and nobody else's to read; returns what the finished files say. */
function readState(folder: string, stateDir = 'data'): ReadonlyMap<string, string> {
  const directory = join(folder, stateDir)
  const texts = new Map<string, string>()
  if (!existsSync(directory)) return texts
  assert.equal(statSync(directory).mode & 0o777, 0o700)
  for (const name of readdirSync(directory)) {
    const file = join(directory, name)
    assert.equal(statSync(file).mode & 0o777, 0o600, name)
    if (UNFINISHED.test(name)) continue
    assert.match(name, STATE_FILE)
    const text = readFileSync(file, 'utf8')
    if (name === 'admin-token') assert.match(text, /^[A-Za-z0-9_-]{43}\n$/)
    else assert.equal(createPrivateKey(text).asymmetricKeyType, 'ec')
    texts.set(name, text)
  }
  return texts
}

/** What was there is there, letter for letter. */
function assertKept(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
  for (const [name, text] of before) assert.equal(after.get(name), text, `${name} is what it was`)
}

async function publishedKeys(gateway: GatewayProcess): Promise<unknown> {
  return (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()
}

/** Starts, and kills after so many things happened in the folder of the state, or once it is ready if there are fewer. */
async function killAfter(t: TestContext, cwd: string, stateDir: string, happenings: number): Promise<void> {
  const directory = join(cwd, stateDir)
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 })
  const running = startCommand(t, ['start'], { cwd, environment: { ...PORTS, mcgw_state_dir: `./${stateDir}` } })
  let seen = 0
  const watcher = watch(directory, () => {
    seen += 1
    if (seen === happenings) running.signal('SIGKILL')
  })
  const ended = running.ended()
  await Promise.race([
    ended,
    running.printed(/^ready in /m).then(
      () => running.signal('SIGKILL'),
      () => undefined,
    ),
  ])
  assert.equal(await ended, 'SIGKILL', running.stderr)
  watcher.close()
}

test('a start that is killed at any moment leaves whole files, and the next one goes on from there', async t => {
  const cwd = makeFolder(t, { 'microgateway.yml': SETTINGS })
  for (const happenings of KILLED_AFTER) {
    const stateDir = `data-${happenings % 2 === 0 ? 'same' : happenings}`
    const before = readState(cwd, stateDir)
    await killAfter(t, cwd, stateDir, happenings)
    assertKept(before, readState(cwd, stateDir))
  }
  for (const stateDir of ['data-1', 'data-3', 'data-same']) {
    const before = readState(cwd, stateDir)
    const gateway = await startGatewayProcess(t, { cwd, environment: { mcgw_state_dir: `./${stateDir}` } })
    const after = readState(cwd, stateDir)
    assertKept(before, after)
    assert.equal(after.size, 2, 'a token and a key')
    gateway.signal('SIGKILL')
    await gateway.ended()
  }
})

test('a reload that is killed at any moment costs nothing but the process', async t => {
  const cwd = makeFolder(t, { 'microgateway.yml': SETTINGS })
  const write = (text: string): void => {
    writeFileSync(join(cwd, 'next.tmp'), text)
    renameSync(join(cwd, 'next.tmp'), join(cwd, 'microgateway.yml'))
  }
  let state = readState(cwd)
  let keys: unknown
  for (let round = 0; round < ROUNDS_AT_RELOAD; round++) {
    const gateway = await startGatewayProcess(t, { cwd })
    const published = await publishedKeys(gateway)
    if (keys !== undefined) assert.deepEqual(published, keys)
    keys = published
    assertKept(state, readState(cwd))
    // Each change asks for a further key, so that there is something to write.
    const more = `    - { name: other-${round}, type: generated, alias: signing, algorithm: ES256 }\n`
    const own = '    - { name: own, type: generated, alias: signing, algorithm: ES256 }\n'
    write(
      SETTINGS.replace(/keystores: \[.*\]/, `keystores:\n${own}${more}`).replace(
        'apis:',
        `    - name: issuer-${round}
      localIntrospectionConfig: { issuer: "https://other.example.com/${round}", audience: orders }
      tokenGeneratorConfig: { keyStoreAlias: other-${round}, keyAlias: signing, algorithm: ES256, audience: orders, expiry: 5 }
apis:`,
      ),
    )
    gateway.signal('SIGHUP')
    await waitMs((60 * round) / ROUNDS_AT_RELOAD)
    gateway.signal('SIGKILL')
    assert.equal(await gateway.ended(), 'SIGKILL')
    const next = readState(cwd)
    assertKept(state, next)
    state = next
    write(SETTINGS)
  }
})

/** A moment of the process's life that nothing announces. */
function waitMs(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
