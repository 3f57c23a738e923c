import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createExpressionCompiler } from '../../../src/expressions/expression.ts'
import type { ExpressionVariables } from '../../../src/expressions/vocabulary.ts'

const compiler = createExpressionCompiler()

const VARIABLES: ExpressionVariables = {
  claims: Object.assign(Object.create(null), {
    sub: 'alice',
    tenant: 'acme',
    roles: ['admin', 'ops'],
    level: 3,
    verified: true,
    nothing: null,
    address: Object.assign(Object.create(null), { country: 'SK' }),
    'urn:x/y': 'odd',
  }),
  token: { issuer: 'https://idp.example.com', auth_server: 'idp', audience: ['orders'], scopes: ['read', 'write'] },
  request: {
    method: 'GET',
    path: '/orders/7',
    scheme: 'https',
    host: 'api.example.com',
    client_address: '192.0.2.1',
    parameters: Object.assign(Object.create(null), { id: '7' }),
    api: 'orders',
    route: '/orders/{id}',
  },
  application: { id: 'app-1', name: 'billing', tier: 'Silver', apis: ['orders'] },
}
const ANONYMOUS: ExpressionVariables = { ...VARIABLES, claims: Object.create(null), token: null, application: null }

function evaluate(text: string, variables: ExpressionVariables = VARIABLES): boolean | string {
  const compiled = compiler.compile(text)
  assert.ok(compiled.ok, `${text}: ${compiled.ok ? '' : compiled.error.message}`)
  const verdict = compiled.value.evaluate(variables)
  return verdict.ok ? verdict.value : verdict.reason
}

describe('an expression', () => {
  test('over claims, token, request and application comes out true or false', () => {
    const truths = [
      "'admin' in claims.roles && claims.tenant == 'acme'",
      "claims['urn:x/y'] == 'odd'",
      "claims.address.country == 'SK'",
      'claims.level >= 3 && claims.level == 3',
      'claims.verified',
      'has(claims.sub) && !has(claims.email)',
      'claims.nothing == null',
      "claims.roles.exists(role, role.startsWith('adm'))",
      "claims.sub.matches('^al.*e$')",
      "hasScope('read') && !hasScope('admin')",
      "['read', 'write'].all(scope, hasScope(scope))",
      "'orders' in token.audience && token.auth_server == 'idp'",
      "request.method == 'GET' && request.parameters.id == '7'",
      "application.tier == 'Silver' && application != null",
      'int(claims.level) + 1 == 4',
    ]
    for (const text of truths) assert.equal(evaluate(text), true, text)
    assert.equal(evaluate("claims.tenant == 'other'"), false)
  })

  test('without a token and an application sees no claims, null and no scopes', () => {
    assert.equal(evaluate('token == null && application == null', ANONYMOUS), true)
    assert.equal(evaluate("hasScope('read')", ANONYMOUS), false)
    assert.equal(evaluate('has(claims.sub)', ANONYMOUS), false)
  })

  test('that fails is not ok, and its reason holds nothing of the caller', () => {
    assert.equal(evaluate("claims.email == 'x'"), 'no_such_key: email')
    assert.equal(evaluate("application.id == 'x'", ANONYMOUS), 'no_such_key: id')
    assert.equal(evaluate('claims.sub'), 'not_boolean')
    assert.match(String(evaluate('claims.level + 1 > 2')), /^no_such_overload/)
    const hostile = {
      ...VARIABLES,
      claims: Object.assign(Object.create(null), { constructor: 'secret-value', sub: 'x' }),
    }
    const reason = evaluate("claims.sub == 'x'", hostile)
    assert.ok(typeof reason === 'string' && !reason.includes('secret-value'))
  })

  test('reaches nothing but own properties', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      assert.match(String(evaluate(`claims.${name} == 'x'`)), /^no_such_key/)
      assert.match(String(evaluate(`claims.roles.${name} == 'x'`)), /^no_such_key/)
      assert.match(String(evaluate(`request.parameters.${name} == 'x'`)), /^no_such_key/)
    }
  })
})

describe('the check of an expression', () => {
  /** The marked part, the message, and the label of the first problem. */
  function problemOf(text: string): readonly [string, string, string | undefined] {
    const problem = compiler.check(text)
    assert.ok(problem !== undefined, `${text} should not pass`)
    const [start, end] = problem.range
    assert.ok(start >= 0 && end > start, `${text}: ${problem.range}`)
    return [text.slice(start, end), problem.message, problem.label]
  }

  test('passes a good one', () => {
    assert.equal(compiler.check("'admin' in claims.roles && claims.tenant == 'acme'"), undefined)
  })

  test('points at an unknown variable, member and function, and says what was meant', () => {
    assert.deepEqual(problemOf("claim.sub == 'x'"), ['claim', 'unknown variable: claim', 'did you mean `claims`?'])
    assert.deepEqual(problemOf("'a' == request.metod"), [
      'metod',
      '`request` has no member `metod`',
      'did you mean `method`?',
    ])
    assert.deepEqual(problemOf("request['methods'] == 'x'")[1], '`request` has no member `methods`')
    assert.equal(problemOf("application.password == 'x'")[2], undefined)
    assert.equal(problemOf("claims.sub.startWith('a')")[2], 'did you mean `startsWith`?')
    assert.equal(problemOf("hasscopes('a')")[2], 'did you mean `hasScope`?')
  })

  test('refuses what is no expression, or gives no boolean', () => {
    assert.equal(problemOf('')[1], 'the expression is empty')
    assert.equal(problemOf('  ')[1], 'the expression is empty')
    assert.match(problemOf("claims.sub == 'a' &&")[1], /^unexpected token/)
    assert.match(problemOf("'x'")[1], /gives a string/)
    assert.match(problemOf('1 + 2')[1], /gives a int/)
    assert.match(problemOf("1 == 'a'")[1], /no such overload/)
    assert.match(problemOf('hasScope(1)')[1], /hasScope\(\) takes/)
  })

  test('refuses a hidden variable, deep loops, and sizes beyond the limits', () => {
    assert.match(problemOf("claims.roles.exists(claims, claims == 'x')")[1], /name of a variable/)
    assert.match(problemOf("cel.bind(token, 'x', token == 'x')")[1], /name of a variable/)
    const loop = (inner: string, name: string): string => `claims.roles.exists(${name}, ${inner})`
    assert.equal(compiler.check(loop(loop('a == b', 'b'), 'a')), undefined)
    assert.match(problemOf(loop(loop(loop('a == b', 'c'), 'b'), 'a'))[1], /loops inside each other/)
    assert.match(problemOf(`${'!'.repeat(1_200)}true`)[1], /exceeded/)
    assert.match(problemOf(Array.from({ length: 600 }, () => '1').join(' + '))[1], /exceeded/)
    assert.match(problemOf(`claims.sub == '${'x'.repeat(5_000)}'`)[1], /longer than/)
  })

  test('allows only patterns that a linear engine can run', () => {
    assert.match(problemOf('claims.sub.matches(claims.pattern)')[1], /literal/)
    assert.match(problemOf("claims.sub.matches('(?=a)b')")[1], /look-around/)
    assert.match(problemOf("claims.sub.matches('(?<!a)b')")[1], /look-around/)
    assert.match(problemOf(String.raw`claims.sub.matches(r'(a)\1')`)[1], /back-reference/)
    assert.match(problemOf("claims.sub.matches('[')")[1], /not a regular expression/)
    assert.match(problemOf("claims.sub.matches('(a{500})')")[1], /more than 16 times/)
    assert.match(problemOf("claims.sub.matches('(?i:a)')")[1], /sets flags/)
    assert.equal(compiler.check("claims.sub.matches('^(?:ab|c){1,16}$')"), undefined)
  })

  test('gives a problem or a working expression for any text, and never throws', () => {
    const pieces = fc.constantFrom(
      'claims',
      '.sub',
      ' == ',
      "'x'",
      '(',
      ')',
      ' && ',
      '!',
      '[0]',
      'has',
      ' in ',
      '1',
      '?',
      ':',
      '{',
      '.',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 12 }).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(text, source => {
        const compiled = compiler.compile(source)
        if (compiled.ok) {
          const verdict = compiled.value.evaluate(ANONYMOUS)
          assert.equal(typeof (verdict.ok ? verdict.value : verdict.reason), verdict.ok ? 'boolean' : 'string')
        } else {
          const [start, end] = compiled.error.range
          assert.ok(start >= 0 && end > start)
        }
      }),
      { numRuns: 300 },
    )
  })
})
