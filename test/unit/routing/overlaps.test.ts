import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOverlaps } from '../../../src/routing/overlaps.ts'
import type { RouteEntry } from '../../../src/routing/route-table.ts'

function api(basePath: string, lines: readonly string[], hosts: readonly string[] = []): RouteEntry<undefined> {
  const routes = lines.map(line => {
    const [method = '', path = ''] = line.split(' ')
    return { method, path, value: undefined }
  })
  return { hosts, basePath, routes }
}

test('equal routes are found within an API and between APIs, whatever their parameters are called', () => {
  assert.deepEqual(findOverlaps([api('/a', ['GET /x/{id}', 'GET /x/{key}/']), api('/a/', ['GET /x/{other}'])]), [
    { first: [0, 0], second: [0, 1], kind: 'duplicate' },
    { first: [0, 0], second: [1, 0], kind: 'duplicate' },
  ])
})

test('routes that only look alike are not reported', () => {
  const entries = [
    api('/a', ['GET /x', 'POST /x', 'ANY /x', 'GET /{x}', 'GET /*']),
    api('/b', ['GET /x']),
    api('/c', ['GET /x'], ['one.test']),
    api('/c', ['GET /x'], ['two.test']),
    api('/c', ['GET /x']),
  ]
  assert.deepEqual(findOverlaps(entries), [])
})

test('equal routes on one common host are reported once', () => {
  const entries = [api('/a', ['GET /x'], ['one.test', 'two.test']), api('/a', ['GET /x'], ['two.test', 'one.test'])]
  assert.deepEqual(findOverlaps(entries), [{ first: [0, 0], second: [1, 0], kind: 'duplicate' }])
})

test('a route in the region of an API with a longer base path is never reached', () => {
  const entries = [api('/a', ['GET /b/c', 'GET /b', 'GET /bc', 'GET /{b}/c', 'GET /*']), api('/a/b', ['GET /'])]
  assert.deepEqual(findOverlaps(entries), [
    { first: [1, 0], second: [0, 0], kind: 'shadowed' },
    { first: [1, 0], second: [0, 1], kind: 'shadowed' },
  ])
})

test('a region on some hosts only hides nothing on the others', () => {
  assert.deepEqual(findOverlaps([api('/', ['GET /b']), api('/b', ['GET /'], ['one.test'])]), [])
})

test('templates that cannot be parsed are left out', () => {
  assert.deepEqual(findOverlaps([api('a', ['GET /']), api('/a', ['GET x', 'GET x'])]), [])
})
