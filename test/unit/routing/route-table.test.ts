import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRouteTable, type Match, type RouteEntry } from '../../../src/routing/route-table.ts'

/** An entry from a base path, `METHOD /template` lines whose value is the line with a label in front, and hosts. */
function api(
  label: string,
  basePath: string,
  lines: readonly string[],
  hosts: readonly string[] = [],
): RouteEntry<string> {
  const routes = lines.map(line => {
    const [method = '', path = ''] = line.split(' ')
    return { method, path, value: `${label} ${line}` }
  })
  return { hosts, basePath, routes }
}

function say(match: Match<string>): string {
  if (match.kind === 'found') {
    const parameters = Object.entries(match.parameters).map(([name, value]) => ` ${name}=${value}`)
    return match.value + parameters.join('')
  }
  return match.kind === 'method_not_allowed' ? `allow ${match.allow.join(' ')}` : match.kind
}

function ask(entries: readonly RouteEntry<string>[]): (request: string) => string {
  const table = createRouteTable(entries)
  return request => {
    const [method = '', url = ''] = request.split(' ')
    const slash = url.indexOf('/')
    return say(table.match(method, url.slice(0, slash), url.slice(slash)))
  }
}

describe('paths', () => {
  const match = ask([
    api('a', '/orders', [
      'GET /items',
      'GET /items/{id}',
      'POST /items/{key}',
      'GET /items/new',
      'DELETE /items/*',
      'GET /items/{id}/lines/{line}',
      'ANY /files/*',
      'GET /',
    ]),
    api('b', '/orders/v2', ['GET /items/{id}']),
    api('c', '/', ['GET /*', 'POST /orders-x']),
  ])

  test('base paths end at segment boundaries, the longest one owns the path', () => {
    assert.equal(match('GET h/orders'), 'a GET /')
    assert.equal(match('GET h/orders/v2/items/1'), 'b GET /items/{id} id=1')
    assert.equal(match('GET h/orders/v2/items'), 'not_found')
    assert.equal(match('GET h/orders/v22/items/1'), 'not_found')
    assert.equal(match('GET h/ordersx'), 'c GET /*')
    assert.equal(match('POST h/orders-x'), 'c POST /orders-x')
    assert.equal(match('GET h/'), 'c GET /*')
  })

  test('a literal is more specific than a parameter, that more than the rest', () => {
    assert.equal(match('GET h/orders/items/new'), 'a GET /items/new')
    assert.equal(match('GET h/orders/items/7'), 'a GET /items/{id} id=7')
    assert.equal(match('GET h/orders/items/7/lines/2'), 'a GET /items/{id}/lines/{line} id=7 line=2')
  })

  test('the path counts before the method, which falls back to less specific paths', () => {
    assert.equal(match('POST h/orders/items/new'), 'a POST /items/{key} key=new')
    assert.equal(match('DELETE h/orders/items/new'), 'a DELETE /items/*')
    assert.equal(match('DELETE h/orders/items'), 'a DELETE /items/*')
    assert.equal(match('DELETE h/orders/items/7/lines/2'), 'a DELETE /items/*')
  })

  test('HEAD uses the route of GET, ANY stands for what has no route of its own', () => {
    assert.equal(match('HEAD h/orders/items/7'), 'a GET /items/{id} id=7')
    assert.equal(match('PROPFIND h/orders/files'), 'a ANY /files/*')
    assert.equal(match('GET h/orders/files/a/b'), 'a ANY /files/*')
  })

  test('a known path without the method says which there are', () => {
    assert.equal(match('PUT h/orders/items/new'), 'allow GET POST DELETE HEAD')
    assert.equal(match('POST h/orders/items'), 'allow GET DELETE HEAD')
    assert.equal(match('POST h/elsewhere'), 'allow GET HEAD')
  })

  test('one trailing slash equals none', () => {
    assert.equal(match('GET h/orders/'), 'a GET /')
    assert.equal(match('GET h/orders/items/'), 'a GET /items')
    assert.equal(match('GET h/orders/items/7/'), 'a GET /items/{id} id=7')
  })

  test('methods and paths are case-sensitive', () => {
    assert.equal(match('GET h/Orders'), 'c GET /*')
    assert.equal(match('get h/orders/items'), 'allow GET DELETE HEAD')
  })

  test('parameters keep the form of the path and have no prototype', () => {
    const table = createRouteTable([api('a', '/', ['GET /{constructor}/{id}'])])
    const found = table.match('GET', 'h', '/a%20b/c')
    assert.ok(found.kind === 'found')
    assert.deepEqual({ ...found.parameters }, { constructor: 'a%20b', id: 'c' })
    assert.equal(Object.getPrototypeOf(found.parameters), null)
  })

  test('names that objects have are names like any other', () => {
    const own = ask([api('a', '/__proto__', ['GET /constructor'])])
    assert.equal(own('GET h/__proto__/constructor'), 'a GET /constructor')
    assert.equal(own('GET h/constructor'), 'not_found')
  })
})

describe('hosts', () => {
  const match = ask([
    api('exact', '/x', ['GET /*'], ['a.test']),
    api('wide', '/', ['GET /*'], ['*.test']),
    api('near', '/y', ['GET /'], ['*.sub.test']),
    api('any', '/z', ['GET /']),
  ])

  test('an exact host counts before the longest suffix, that before any', () => {
    assert.equal(match('GET a.test/x'), 'exact GET /*')
    assert.equal(match('GET b.sub.test/y'), 'near GET /')
    assert.equal(match('GET b.sub.test/other'), 'wide GET /*')
    assert.equal(match('GET a.test/other'), 'wide GET /*')
    assert.equal(match('GET other/z'), 'any GET /')
    assert.equal(match('GET test/z'), 'any GET /')
  })

  test('a suffix stands for one or more labels', () => {
    assert.equal(match('GET a.b.c.test/q'), 'wide GET /*')
    assert.equal(match('GET .test/z'), 'any GET /')
    assert.equal(match('GET xtest/q'), 'not_found')
  })

  test('a host that nobody knows is misdirected only when every API names its hosts', () => {
    assert.equal(match('GET other/q'), 'not_found')
    const named = ask([api('a', '/', ['GET /*'], ['a.test', '*.b.test'])])
    assert.equal(named('GET other/q'), 'misdirected')
    assert.equal(named('GET /q'), 'misdirected')
    assert.equal(named('GET b.test/q'), 'misdirected')
    assert.equal(named('GET a.test/q'), 'a GET /*')
    const partly = ask([api('a', '/p', ['GET /*'], ['a.test'])])
    assert.equal(partly('GET a.test/q'), 'not_found')
    assert.equal(ask([])('GET a.test/q'), 'not_found')
  })
})

test('of two equal routes the first one counts, also where two entries share a base path', () => {
  const match = ask([api('a', '/x', ['GET /{one}']), api('b', '/x/', ['GET /{two}', 'PUT /{two}'])])
  assert.equal(match('GET h/x/1'), 'a GET /{one} one=1')
  assert.equal(match('PUT h/x/1'), 'b PUT /{two} two=1')
})

test('what is no template is a defect, not a route', () => {
  assert.throws(() => createRouteTable([api('a', 'x', [])]), TypeError)
  assert.throws(() => createRouteTable([api('a', '/{x}', [])]), TypeError)
  assert.throws(() => createRouteTable([api('a', '/', ['GET /a*'])]), TypeError)
})
