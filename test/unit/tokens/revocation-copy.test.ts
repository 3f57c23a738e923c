import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok } from '../../../src/errors/denial.ts'
import type { Store } from '../../../src/state/store.ts'
import { openRevocationCopy } from '../../../src/tokens/revocation-copy.ts'

const URL = 'https://lists.example/x?sig=1'

function createMemory(): Store & { readonly files: Map<string, Buffer> } {
  const files = new Map<string, Buffer>()
  return {
    files,
    directory: '/nowhere',
    read: async name => ok(files.get(name)),
    write: async (name, bytes) => {
      files.set(name, Buffer.from(bytes))
      return ok(undefined)
    },
    create: () => Promise.reject(new Error('nothing is created')),
  }
}

test('a copy comes back as it was kept, for its own address only', async () => {
  const store = createMemory()
  const copy = openRevocationCopy(store, URL)
  assert.deepEqual(await copy.read(), ok(undefined))
  const document = Buffer.from('{"revocations":[]}')
  await copy.write({ document, validators: { etag: '"1"' } })
  assert.deepEqual(await copy.read(), ok({ document, validators: { etag: '"1"' } }))
  assert.deepEqual(await openRevocationCopy(store, `${URL}2`).read(), ok(undefined))
})

test('a copy that was changed, or was put under the name of another, is none', async () => {
  const store = createMemory()
  await openRevocationCopy(store, URL).write({ document: Buffer.from('{"revocations":[]}'), validators: undefined })
  const [name = ''] = store.files.keys()
  const kept = JSON.parse(String(store.files.get(name)))
  const { sha256, ...bare } = kept
  for (const changed of [
    { ...kept, document: '{"revocations": []}' },
    { ...kept, url: 'https://lists.example/y' },
    { ...kept, sha256: sha256.toUpperCase() },
    { ...kept, more: 1 },
    { ...kept, document: 1 },
    bare,
    [],
  ]) {
    store.files.set(name, Buffer.from(JSON.stringify(changed)))
    const read = await openRevocationCopy(store, URL).read()
    assert.equal(read.ok ? 'read' : read.error, `\`${name}\` is damaged`, JSON.stringify(changed))
  }
})
