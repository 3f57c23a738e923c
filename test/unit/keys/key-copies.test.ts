import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type CopyOwner, createKeyCopies, SEAL_KEY_FILE } from '../../../src/keys/key-copies.ts'
import { createStore } from '../../../src/state/store.ts'

const root = mkdtempSync(join(tmpdir(), 'key-copies-'))
after(() => rmSync(root, { recursive: true, force: true }))

const OWNER: CopyOwner = { authServer: 'staff', issuer: 'https://idp', source: 'https://idp/jwks' }
const COPY = { fetchedAtMs: 5, ageMs: 7, body: '{"keys":["é"]}', firstSeen: { x: 1 } }

let folders = 0
function openBench(mayWrite = true) {
  folders += 1
  const folder = join(root, String(folders))
  const open = (write = mayWrite) => createKeyCopies(createStore(folder), { mayWrite: write })
  const fileOf = (part: string): string => {
    const name = readdirSync(folder).find(entry => entry.includes(part))
    assert.ok(name !== undefined, part)
    return join(folder, name)
  }
  return { folder, open, fileOf }
}

test('a copy comes back whole in another process, from files that nobody else can read', async () => {
  const { folder, open } = openBench()
  assert.deepEqual(await open().read(OWNER), { ok: true, value: undefined })
  assert.deepEqual(await open().keep(OWNER, COPY), { ok: true, value: undefined })
  const read = await open().read(OWNER)
  const { issuer, source } = OWNER
  assert.deepEqual(read, { ok: true, value: { ...COPY, issuer, source } })
  for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
})

test('a copy with one bit changed is refused, wherever the bit is', async () => {
  const { open, fileOf } = openBench()
  await open().keep(OWNER, COPY)
  const file = fileOf('key-set.')
  const whole = readFileSync(file)
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] as number) ^ 1
    writeFileSync(file, changed)
    assert.equal((await open().read(OWNER)).ok, false, `octet ${at}`)
  }
  for (const cut of [0, 10, 84, 85, whole.length - 1]) {
    writeFileSync(file, whole.subarray(0, cut))
    assert.equal((await open().read(OWNER)).ok, false, `cut at ${cut}`)
  }
  writeFileSync(file, whole)
  assert.ok((await open().read(OWNER)).ok)
})

test('a copy of another issuer, address or state folder is refused', async () => {
  const { open, fileOf, folder } = openBench()
  const other = { authServer: 'partner', issuer: 'https://partner', source: 'https://partner/jwks' }
  await open().keep(OWNER, COPY)
  await open().keep(other, COPY)
  copyFileSync(fileOf('key-set.partner'), fileOf('key-set.staff'))
  assert.deepEqual(await open().read(OWNER), { ok: false, error: 'it is of another issuer' })
  assert.deepEqual(await open().read({ ...other, source: 'https://partner/new' }), {
    ok: false,
    error: 'it was fetched from another address',
  })
  writeFileSync(join(folder, SEAL_KEY_FILE), Buffer.alloc(32))
  assert.match(String(Object.values(await open().read(other))[1]), /seal is broken/)
})

test('without the key of the seals no copy counts; one that is not whole is made anew with the next copy', async () => {
  const { open, folder } = openBench()
  await open().keep(OWNER, COPY)
  rmSync(join(folder, SEAL_KEY_FILE))
  assert.equal((await open().read(OWNER)).ok, false)
  writeFileSync(join(folder, SEAL_KEY_FILE), 'short')
  assert.equal((await open().read(OWNER)).ok, false)
  await open().keep(OWNER, COPY)
  assert.ok((await open().read(OWNER)).ok)
})

test('commands that may not write read, and write nothing', async () => {
  const { open, folder } = openBench()
  await open().keep(OWNER, COPY)
  const reader = open(false)
  assert.deepEqual(await reader.keep(OWNER, { ...COPY, body: 'other' }), { ok: true, value: undefined })
  const read = await reader.read(OWNER)
  assert.ok(read.ok && read.value?.body === COPY.body)
  const untouched = createKeyCopies(createStore(join(folder, 'none')), { mayWrite: false })
  await untouched.keep(OWNER, COPY)
  await untouched.read(OWNER)
  assert.ok(!readdirSync(folder).includes('none'))
})

test('a folder that cannot be written is a sentence, not an exception', async () => {
  const copies = createKeyCopies(createStore('/proc/none'), { mayWrite: true })
  const kept = await copies.keep(OWNER, COPY)
  assert.ok(!kept.ok)
  assert.match(kept.error, /cannot be (?:written|read)/)
  assert.match(
    String(
      Object.values(
        await openBench()
          .open()
          .keep(OWNER, { ...COPY, body: 'x'.repeat(9_000_000) }),
      )[1],
    ),
    /too large/,
  )
})
