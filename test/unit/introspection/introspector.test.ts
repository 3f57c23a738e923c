import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Result } from '../../../src/errors/denial.ts'
import { createIntrospector, type Introspector } from '../../../src/introspection/introspector.ts'
import { createFixedSource } from '../../../src/keys/fixed-keys.ts'
import type { FetchedDocument } from '../../../src/outbound/fetch-document.ts'
import type { FormPoster, PostedForm } from '../../../src/outbound/post-form.ts'
import type { RemoteIntrospectionSettings } from '../../../src/settings/introspection-settings.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const SETTINGS: RemoteIntrospectionSettings = {
  endpoint: 'https://sso.example.com/introspect',
  client: { kind: 'none' },
  cacheMs: 30_000,
  inactiveCacheMs: 5_000,
  timeoutMs: 2_000,
  maxBytes: 65_536,
  signedAnswers: 'if_sent',
  tls: undefined,
  pointer: '',
}

type Answer = FetchedDocument | Promise<FetchedDocument>

interface Bench {
  readonly introspector: Introspector
  readonly clock: TestClock
  readonly forms: PostedForm[]
}

function open(answer: (number: number) => Answer): Bench {
  const clock = createTestClock()
  const forms: PostedForm[] = []
  const poster: FormPoster = {
    async post(_, form) {
      forms.push(form)
      return answer(forms.length)
    },
    close: () => Promise.resolve(),
  }
  const keys = createFixedSource({ authServer: 'sso', origin: 'none', keys: () => [] })
  const introspector = createIntrospector(
    { name: 'sso', issuer: undefined, algorithms: undefined, clockSkewSeconds: 30 },
    SETTINGS,
    { clock, logger: createSilentLogger(), poster, keys },
  )
  return { introspector, clock, forms }
}

function say(body: unknown): FetchedDocument {
  return { ok: true, status: 200, body: Buffer.from(JSON.stringify(body)), fields: new Map() }
}

const fail = (reason: string): FetchedDocument => ({ ok: false, reason })
const wordOf = (answer: Result<unknown> | undefined): string | undefined =>
  answer === undefined
    ? undefined
    : answer.ok
      ? 'active'
      : `${answer.error.code} ${answer.error.facts?.['reason'] ?? ''}`

test('an answer is known afterwards, and its times are looked at with each use', async () => {
  const { introspector, clock } = open(() => say({ active: true, nbf: clock.seconds() + 40 }))
  assert.equal(introspector.known('d', clock.now()), undefined)
  assert.equal(wordOf(await introspector.ask('t', 'd')), 'token.not_yet_valid ')
  assert.equal(wordOf(introspector.known('d', clock.now())), 'token.not_yet_valid ')
  assert.equal(wordOf(introspector.known('d', clock.now() + 10_000)), 'active')
  assert.equal(introspector.status().cacheHits, 2)
})

test('the endpoint answers more than 64 questions one after the other, and more than a thousand wait for nobody', async () => {
  const open64 = Promise.withResolvers<FetchedDocument>()
  const { introspector, forms } = open(() => open64.promise)
  const asked = Array.from({ length: 1_064 }, (_, i) => introspector.ask(`t-${i}`, `d-${i}`))
  assert.equal(wordOf(await introspector.ask('late', 'late')), 'introspection.unavailable too many at once')
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(forms.length, 64)
  open64.resolve(say({ active: true }))
  assert.ok((await Promise.all(asked)).every(answer => answer.ok))
  assert.equal(forms.length, 1_064)
})

test('behind a slow endpoint nobody waits for a turn longer than for an answer', async () => {
  const slow = Promise.withResolvers<FetchedDocument>()
  const { introspector, clock, forms } = open(() => slow.promise)
  const asked = Array.from({ length: 100 }, (_, i) => introspector.ask(`t-${i}`, `d-${i}`))
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(2_001)
  slow.resolve(say({ active: true }))
  const words = (await Promise.all(asked)).map(wordOf)
  assert.equal(words.filter(word => word === 'active').length, 64)
  assert.equal(words.filter(word => word === 'introspection.unavailable too many at once').length, 36)
  assert.equal(forms.length, 64)
  assert.equal(wordOf(await introspector.ask('t-99', 'd-99')), 'active', 'the next question is asked')
})

test('who waits behind an endpoint that fails is told so at once', async () => {
  const gate = Promise.withResolvers<FetchedDocument>()
  const { introspector, forms } = open(() => gate.promise)
  const asked = Array.from({ length: 200 }, (_, i) => introspector.ask(`t-${i}`, `d-${i}`))
  await new Promise(resolve => setImmediate(resolve))
  gate.resolve(fail('timeout'))
  const words = new Set((await Promise.all(asked)).map(wordOf))
  assert.deepEqual(words, new Set(['introspection.unavailable timeout']))
  assert.ok(forms.length < 70, String(forms.length))
  assert.equal(introspector.status().state, 'shut')
})

test('what one odd token may have caused shuts nothing for the others', async () => {
  const { introspector, forms } = open(() => fail('status 400'))
  for (let i = 0; i < 10; i++) assert.match(wordOf(await introspector.ask(`t-${i}`, `d-${i}`)) ?? '', /status 400/)
  assert.equal(forms.length, 10)
  assert.equal(introspector.status().state, 'failing')
})

test('a kept connection that the server closed just then is tried once more, and no other failure is', async () => {
  const { introspector, forms } = open(number => (number === 1 ? fail('cut short') : say({ active: true })))
  assert.equal(wordOf(await introspector.ask('t', 'd')), 'active')
  assert.equal(forms.length, 2)
  assert.equal(forms[0]?.body, forms[1]?.body)
  const other = open(() => fail('timeout'))
  assert.equal(wordOf(await other.introspector.ask('t', 'd')), 'introspection.unavailable timeout')
  assert.equal(other.forms.length, 1)
})

test('a defect refuses, and the next question is asked all the same', async () => {
  const { introspector } = open(number => {
    if (number === 1) throw new Error('defect')
    return say({ active: true })
  })
  assert.equal(wordOf(await introspector.ask('t', 'd')), 'introspection.unavailable defect')
  assert.equal(wordOf(await introspector.ask('t', 'd')), 'active')
})

test('the token is encoded for a form, whatever is in it', async () => {
  const { introspector, forms } = open(() => say({ active: false }))
  await introspector.ask('a+b/c=&token=x', 'd')
  const form = new URLSearchParams(forms[0]?.body)
  assert.deepEqual(
    [...form],
    [
      ['token', 'a+b/c=&token=x'],
      ['token_type_hint', 'access_token'],
    ],
  )
})
