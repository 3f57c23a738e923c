import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasJwtForm } from '../../../src/tokens/token-form.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const HEADER = encode('{"alg":"none"}')

test('three parts of which the first is a JOSE header are a JWT, valid or not', () => {
  for (const token of [
    `${HEADER}.e30.`,
    `${HEADER}..`,
    `${HEADER}.x.y`,
    `${encode(' {"typ":"x","alg":"RS256"}')}.a.b`,
  ]) {
    assert.ok(hasJwtForm(token), token)
  }
})

test('everything else is opaque', () => {
  const opaque = ['', '.', '..', 'abc', 'a.b.c', '.e30.', `${HEADER}.e30`, `${HEADER}.a.b.c.d`, `${HEADER}=.a.b`]
  const headers = ['{}', '[]', '"alg"', '{"alg":1}', '{"alg":"a","alg":"b"}', '{"alg":"a"']
  for (const token of [...opaque, ...headers.map(header => `${encode(header)}.a.b`)])
    assert.ok(!hasJwtForm(token), token)
})
