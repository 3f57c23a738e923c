import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { admitSocket, ConnectionCap, NO_ROOM } from '../../../src/server/connection-cap.ts'
import { parseAnswers } from '../../support/raw-socket.ts'

test('beyond the cap as many again are told so, the others are cut', () => {
  const cap = new ConnectionCap(2)
  const admissions = [1, 2, 3, 4, 5].map(() => cap.admit())
  assert.deepEqual(admissions, ['served', 'served', 'refused', 'refused', 'dropped'])
  assert.equal(cap.refused, 3)
})

test('a place that is given back is taken again', () => {
  const cap = new ConnectionCap(1)
  const first = cap.admit()
  const told = cap.admit()
  assert.equal(cap.admit(), 'dropped')
  cap.leave('dropped')
  cap.leave(told)
  assert.equal(cap.admit(), 'refused')
  cap.leave(first)
  assert.equal(cap.admit(), 'served')
})

test('another cap counts from the next connection on', () => {
  const cap = new ConnectionCap(1)
  cap.admit()
  cap.update(2)
  assert.equal(cap.admit(), 'served')
  cap.update(1)
  assert.equal(cap.admit(), 'refused')
})

test('a socket gives its place back when it is closed', () => {
  const cap = new ConnectionCap(1)
  const socket = new EventEmitter()
  assert.equal(admitSocket(socket, cap), 'served')
  assert.equal(admitSocket(new EventEmitter(), cap), 'refused')
  socket.emit('close')
  assert.equal(cap.admit(), 'served')
  assert.equal(admitSocket(socket, undefined), 'served')
})

test('the answer without room is a whole one', () => {
  const [answer] = parseAnswers(NO_ROOM)
  assert.equal(answer?.status, 503)
  assert.deepEqual(answer?.fields.get('retry-after'), ['5'])
  assert.deepEqual(answer?.fields.get('connection'), ['close'])
})
