import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AudienceExpectation, judgeAudience } from '../../../src/tokens/audience.ts'

const EXPECTED: AudienceExpectation = {
  server: ['orders-api', 'https://gateway.example'],
  strategy: 'strategy-audience',
  applicationId: 'app-1',
  basePath: '/orders',
  path: '/orders/v1/items/7',
  roots: ['https://gw.example:8443/edge', 'https://orders.example', 'http://orders.example'],
}

test('JWT-05: one value that equals a configured audience or the application is enough', () => {
  for (const value of ['orders-api', 'https://gateway.example', 'strategy-audience', 'app-1']) {
    assert.ok(judgeAudience([value], EXPECTED), value)
    assert.ok(judgeAudience(['other', value], EXPECTED), value)
  }
})

test('JWT-05: a value that is only like one is not, and an empty list names nobody', () => {
  for (const value of ['ORDERS-API', 'orders-api ', 'orders', '', 'app-', 'https://gateway.example/'])
    assert.ok(!judgeAudience([value], EXPECTED), value)
  assert.ok(!judgeAudience([], EXPECTED))
  assert.ok(!judgeAudience(['undefined'], { ...EXPECTED, strategy: undefined, applicationId: undefined }))
})

test('a path names the request by whole segments, from the base path on', () => {
  for (const value of [
    '/orders',
    '/orders/',
    '/orders/v1',
    '/orders/v1/items',
    '/orders/v1/items/7',
    '/orders/v1/items/7/',
  ])
    assert.ok(judgeAudience([value], EXPECTED), value)
  for (const value of [
    '/',
    '//',
    '/ord',
    '/orders/v',
    '/orders/v1/items/77',
    '/orders/v1/items/7/x',
    '/Orders',
    '/orders//',
    '/orders?',
    'orders',
  ])
    assert.ok(!judgeAudience([value], EXPECTED), value)
})

test('the root path names the requests of an API at the root only', () => {
  assert.ok(judgeAudience(['/'], { ...EXPECTED, basePath: '/' }))
  assert.ok(judgeAudience(['https://orders.example'], { ...EXPECTED, basePath: '/' }))
  assert.ok(!judgeAudience(['https://orders.example'], EXPECTED))
})

test('an absolute URI names the request if it begins with a configured root', () => {
  for (const value of [
    'https://gw.example:8443/edge/orders',
    'https://orders.example/orders/v1',
    'http://orders.example/orders/',
  ])
    assert.ok(judgeAudience([value], EXPECTED), value)
  for (const value of [
    'https://gw.example:8443/orders',
    'https://gw.example/edge/orders',
    'https://orders.example.evil/orders',
    'https://orders.example@evil/orders',
    'https://orders.example:444/orders',
    'https://orders.example/ordersx',
    'https://orders.example/orders?x',
    'ftp://orders.example/orders',
  ])
    assert.ok(!judgeAudience([value], EXPECTED), value)
  assert.ok(!judgeAudience(['https://orders.example.evil/'], { ...EXPECTED, basePath: '/' }))
})
