import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExpressionEnvironment } from '../../../src/expressions/environment.ts'
import { createExpressionCompiler } from '../../../src/expressions/expression.ts'
import { LoopMeter, MAX_LOOP_STEPS, meterLoops } from '../../../src/expressions/loop-work.ts'
import type { RequestView } from '../../../src/expressions/vocabulary.ts'

const REQUEST: RequestView = {
  method: 'GET',
  path: '/orders',
  scheme: 'http',
  host: 'localhost',
  client_address: '127.0.0.1',
  parameters: {},
  api: 'orders',
  route: '/orders/*',
}
const environment = createExpressionEnvironment()
const meterOf = (text: string): string => meterLoops(text, environment.parse(text).ast)?.text ?? text
const compiler = createExpressionCompiler()
const evaluate = (text: string, claims: Readonly<Record<string, unknown>>): unknown => {
  const compiled = compiler.compile(text)
  assert.ok(compiled.ok, text)
  const verdict = compiled.value.evaluate({ claims, token: null, application: null, request: REQUEST })
  return verdict.ok ? verdict.value : verdict.reason
}
const list = (length: number, from = 0): number[] => Array.from({ length }, (_, i) => from + i)

test('what a loop runs over and what is read in it goes through a meter, and nothing else', () => {
  for (const [text, expected] of [
    ['claims.a == claims.b', 'claims.a == claims.b'],
    ['claims.a.exists(x, x == claims.b)', '__loop(claims.a).exists(x, __value(x) == __value(claims.b))'],
    [
      'claims.a.exists(x, claims["b"].exists(y, x.c[0] == y)) && claims.d',
      '__loop(claims.a).exists(x, __loop(claims["b"]).exists(y, __value(x.c[0]) == __value(y))) && claims.d',
    ],
    [
      'claims.a.all(x, has(x.b) && x.b in (claims.c))',
      '__loop(claims.a).all(x, has(x.b) && __value(x.b) in (__value(claims.c)))',
    ],
    ['(claims.a + claims.b).exists(x, x > 1)', '(__loop(claims.a + claims.b)).exists(x, __value(x) > 1)'],
    [
      'claims.a.filter(x, x > 1).exists(y, y > 2)',
      '__loop(__loop(claims.a).filter(x, __value(x) > 1)).exists(y, __value(y) > 2)',
    ],
    ['cel.bind(v, claims.a, v.exists(x, x == 1))', 'cel.bind(v, claims.a, __loop(v).exists(x, __value(x) == 1))'],
    ['[1, 2].exists(x, claims.a == x)', '__loop([1, 2]).exists(x, __value(claims.a) == __value(x))'],
  ] as const) {
    assert.equal(meterOf(text), expected)
  }
})

test('an expression with meters means what it meant', () => {
  const claims = { a: [1, 2, 3], b: [3, 4], c: { d: [{ e: 1 }] }, s: 'text' }
  for (const [text, expected] of [
    ['claims.a.exists(x, x in claims.b)', true],
    ['claims.a.all(x, x > 1)', false],
    ['claims.a.exists_one(x, claims.b.exists(y, x == y))', true],
    ['(claims.a + claims.b).filter(x, x == 3).size() == 2', true],
    ['claims.c.d.exists(x, has(x.e) && x.e == 1)', true],
    ['claims.c.exists(key, key == "d")', true],
    ['claims.a.map(x, claims.s + "!").all(t, t == "text!")', true],
    ['cel.bind(v, claims.a, v.exists(x, x == 2))', true],
    ['claims.s.exists(x, x == "t")', 'invalid_comprehension_range'],
  ] as const) {
    const result = evaluate(text, claims)
    assert.equal(typeof expected === 'string' ? String(result).split(':')[0] : result, expected, text)
  }
})

test('the reason of a failure is a part of the expression as it was written', () => {
  assert.equal(evaluate('claims.a.all(x, claims.nothing.b == x)', { a: [1] }), 'no_such_key: nothing')
})

test('loops that would take too many steps are refused, whatever they would come to', () => {
  const long = { a: list(600), b: list(600, 1_000) }
  for (const text of [
    '!claims.a.exists(x, claims.b.exists(y, x == y))',
    'claims.a.exists(x, claims.b.exists(y, x == y)) || true',
    'claims.a.all(x, !(x in claims.b))',
    'claims.a.all(x, claims.a != claims.b)',
    'claims.a.map(x, claims.b).size() > 0',
    `claims.a.all(x, [${list(200).join()}].exists(y, y == x || true))`,
    'cel.bind(v, claims.b, claims.a.all(x, v.size() > 0))',
  ]) {
    assert.equal(evaluate(text, long), 'too_many_loop_steps', text)
  }
})

test('a refusal takes no longer than what is allowed', () => {
  const long = { a: list(1_000), b: list(1_000, 1_000), s: ['x'.repeat(4_000)] }
  const texts = ['!claims.a.exists(x, claims.b.exists(y, x == y))', 'claims.a.all(x, !(x in claims.b))']
  for (const text of [...texts, 'claims.a.all(x, !claims.s[0].matches("y"))']) {
    for (let i = 0; i < 20; i++) evaluate(text, long)
    const begun = process.cpuUsage()
    for (let i = 0; i < 20; i++) assert.equal(evaluate(text, long), 'too_many_loop_steps')
    const { user, system } = process.cpuUsage(begun)
    assert.ok((user + system) / 20 < 20_000, `${text}: ${(user + system) / 20} µs`)
  }
})

test('lists of a length that people have pass', () => {
  assert.equal(evaluate('!claims.a.exists(x, claims.b.exists(y, x == y))', { a: list(50), b: list(50, 100) }), true)
  assert.equal(evaluate('!claims.a.exists(x, x in claims.b)', { a: list(150), b: list(150, 200) }), true)
  assert.equal(evaluate('claims.a.all(x, x >= 0)', { a: list(3_000) }), true)
})

test('the meter begins anew with each evaluation', () => {
  const meter = new LoopMeter()
  assert.deepEqual(meter.takeLoop(list(MAX_LOOP_STEPS + 1)), [])
  assert.equal(meter.isOver, true)
  meter.restart()
  assert.equal(meter.isOver, false)
  assert.deepEqual(meter.takeLoop([1]), [1])
  assert.equal(meter.takeValue('text'), 'text')
})
