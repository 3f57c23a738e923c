import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HostNames } from '../../../src/applications/host-names.ts'
import type { Identification } from '../../../src/applications/identification.ts'
import { createApplicationRegistry } from '../../../src/applications/registry.ts'
import { type ApplicationPlan, makeApplication } from '../../support/make-application.ts'
import { makeIntrospectedToken } from '../../support/make-introspected-token.ts'
import { makeUnverifiedJwt, makeVerifiedJwt } from '../../support/make-jwt.ts'

const HOST_NAMES: HostNames = {
  namesAt: address => (address === '192.0.2.7' ? ['build01.example.com', 'alias.example.com'] : []),
  settled: async () => {},
  close: async () => {},
}

function build(...plans: ApplicationPlan[]) {
  return createApplicationRegistry(plans.map(makeApplication), {
    ownAuthServers: new Set(['local']),
    hostNames: HOST_NAMES,
  })
}

/** Who it is, or why it is nobody, in one word. */
function wordOf(found: Identification | undefined): string | undefined {
  if (found?.kind === 'identified') return found.application.id
  return found?.kind === 'unidentified' && found.named !== undefined ? `not ${found.named.id}` : found?.kind
}

const anyone = (): boolean => true

describe('the registry identifies by token', () => {
  test('the set with most claims wins, among all sets of all applications', () => {
    const registry = build(
      { id: 'broad', claimSets: [{ tenant: 'acme' }, { other: 1 }] },
      { id: 'narrow', claimSets: [{ nothing: true }, { tenant: 'acme', env: 'prod' }] },
    )
    const wordFor = (claims: object): string | undefined =>
      wordOf(registry.identifyByToken(makeVerifiedJwt({ ...claims }), anyone))
    assert.equal(wordFor({ tenant: 'acme', env: 'prod' }), 'narrow')
    assert.equal(wordFor({ tenant: 'acme', env: 'dev' }), 'broad')
    assert.equal(wordFor({ tenant: 'other', env: 'prod' }), 'unidentified')
  })

  test('a tie names nobody, but two sets of one application are no tie', () => {
    const registry = build(
      { id: 'a', claimSets: [{ tenant: 'acme' }, { env: 'prod' }] },
      { id: 'b', claimSets: [{ region: 'eu' }] },
    )
    assert.equal(wordOf(registry.identifyByToken(makeVerifiedJwt({ tenant: 'acme', env: 'prod' }), anyone)), 'a')
    const tie = registry.identifyByToken(makeVerifiedJwt({ tenant: 'acme', region: 'eu' }), anyone)
    assert.deepEqual(tie.kind === 'ambiguous' && [...tie.candidates].sort(), ['a', 'b'])
  })

  test('only eligible applications count, also for who wins and for ties', () => {
    const registry = build(
      { id: 'elsewhere', apis: ['billing'], claimSets: [{ tenant: 'acme', env: 'prod' }] },
      { id: 'twin', apis: ['billing'], claimSets: [{ tenant: 'acme' }] },
      { id: 'here', apis: ['orders'], claimSets: [{ tenant: 'acme' }] },
    )
    const jwt = makeVerifiedJwt({ tenant: 'acme', env: 'prod' })
    assert.equal(wordOf(registry.identifyByToken(jwt, application => application.apis.has('orders'))), 'here')
    assert.equal(wordOf(registry.identifyByToken(jwt, () => false)), 'not elsewhere')
  })

  test('an application with auth_servers is named by tokens of those only', () => {
    const registry = build({ id: 'a', authServers: ['idp'], claimSets: [{ sub: 'x' }] })
    assert.equal(wordOf(registry.identifyByToken(makeVerifiedJwt({ sub: 'x' }), anyone)), 'a')
    const other = makeVerifiedJwt({ sub: 'x' }, { authServer: 'partner' })
    assert.equal(wordOf(registry.identifyByToken(other, anyone)), 'unidentified')
  })

  test('the owner of the HMAC key is the only one that its token names', () => {
    const registry = build(
      { id: 'owner', claimSets: [{ sub: 'nothing' }] },
      { id: 'victim', claimSets: [{ sub: 'victim' }] },
      { id: 'closed', authServers: ['idp'] },
    )
    const owned = (keyOwner: string, authServer = 'idp') =>
      wordOf(
        registry.identifyByToken(
          makeVerifiedJwt({ sub: 'victim', app_id: 'victim' }, { keyOwner, authServer }),
          anyone,
        ),
      )
    assert.equal(owned('owner'), 'owner')
    assert.equal(owned('owner', 'local'), 'owner')
    assert.equal(owned('gone'), 'unidentified')
    assert.equal(owned('closed', 'partner'), 'unidentified')
  })

  test('a token of our own issuer whose sub or app_id names an application identifies only that one', () => {
    const registry = build(
      { id: 'app-1', apis: ['orders'] },
      { id: 'app-2', apis: ['billing'] },
      { id: 'claims', claimSets: [{ tenant: 'acme', sub: 'app-2' }, { sub: 'alice' }] },
      { id: 'not-ours', authServers: ['idp'] },
    )
    const own = (claims: object, isEligible = anyone) =>
      wordOf(registry.identifyByToken(makeVerifiedJwt({ ...claims }, { authServer: 'local' }), isEligible))
    assert.equal(own({ sub: 'app-1' }), 'app-1')
    assert.equal(own({ sub: 'alice', app_id: 'app-1' }), 'app-1')
    assert.equal(own({ sub: 'alice' }), 'claims')
    assert.equal(own({ sub: 'alice', app_id: 'unknown' }), 'claims')
    assert.equal(own({ sub: 'app-1', app_id: 'app-2' }), 'ambiguous')
    assert.equal(
      own({ sub: 'app-2', tenant: 'acme' }, () => false),
      'not app-2',
    )
    assert.equal(own({ sub: 'not-ours' }), 'unidentified')
    assert.equal(own({ sub: ['app-1'] }), 'unidentified')
    const foreign = registry.identifyByToken(makeVerifiedJwt({ sub: 'app-1' }), anyone)
    assert.equal(wordOf(foreign), 'unidentified')
  })

  test('unverified claims are no evidence: the types refuse them', () => {
    const registry = build({ id: 'a', claimSets: [{ sub: 'x' }] })
    const unverified = makeUnverifiedJwt({ sub: 'x' })
    // @ts-expect-error: an unverified token is no VerifiedJwt
    const identify = () => registry.identifyByToken(unverified, anyone)
    assert.equal(typeof identify, 'function')
    const candidates = registry.hmacCandidates(unverified, 'idp', 'HS256')
    // @ts-expect-error: a candidate holds a key and its owner's id, no application
    assert.equal(candidates[0]?.application, undefined)
  })
})

describe('the registry identifies', () => {
  const registry = build(
    {
      id: 'a',
      apiKeys: ['key-a', 'key-b'],
      users: ['alice'],
      ipRanges: [{ kind: 'block', address: '10.0.0.0', prefix: 24 }],
    },
    { id: 'b', apiKeys: ['key-b'], users: ['bob', 'alice'], hostNames: ['build01.example.com', 'alias.example.com'] },
    { id: 'c', suspended: true, apiKeys: ['key-c'], ipRanges: [{ kind: 'range', from: '10.0.0.5', to: '10.0.0.6' }] },
  )

  test('by API key, of which a key of two applications is a tie', () => {
    assert.equal(wordOf(registry.identifyByApiKey('key-a', anyone)), 'a')
    assert.equal(wordOf(registry.identifyByApiKey('key-b', anyone)), 'ambiguous')
    assert.equal(wordOf(registry.identifyByApiKey('key-c', anyone)), 'c')
    assert.equal(wordOf(registry.identifyByApiKey('key-a', () => false)), 'not a')
    for (const unknown of ['', 'KEY-A', 'key-a ', '__proto__', 'constructor']) {
      assert.equal(registry.identifyByApiKey(unknown, anyone), undefined)
    }
  })

  test('by user', () => {
    assert.equal(wordOf(registry.identifyByUser('bob', anyone)), 'b')
    assert.equal(wordOf(registry.identifyByUser('alice', anyone)), 'ambiguous')
    assert.equal(wordOf(registry.identifyByUser('carol', anyone)), 'unidentified')
  })

  test('by address and by host name, a host name with two aliases once', () => {
    assert.equal(wordOf(registry.identifyByAddress('10.0.0.4', anyone)), 'a')
    assert.equal(wordOf(registry.identifyByAddress('10.0.0.5', anyone)), 'ambiguous')
    assert.equal(wordOf(registry.identifyByAddress('10.0.1.0', anyone)), 'unidentified')
    assert.equal(wordOf(registry.identifyByHostName('192.0.2.7', anyone)), 'b')
    assert.equal(wordOf(registry.identifyByHostName('192.0.2.8', anyone)), 'unidentified')
  })

  test('by client certificate: fingerprint, subject in any spelling, any alternative name', () => {
    const known = build(
      { id: 'f', clientCertificates: [{ by: 'fingerprint', value: 'ab' }] },
      { id: 's', clientCertificates: [{ by: 'subject', value: 'CN=s,O=Example' }] },
      {
        id: 'n',
        clientCertificates: [
          { by: 'san', value: 'n.example.com' },
          { by: 'san', value: 'm.example.com' },
        ],
      },
    )
    const word = (fingerprint: string, subject: string, san: readonly string[]): string | undefined =>
      wordOf(known.identifyByCertificate({ fingerprint, subject, san, x5tS256: '', verified: true }, anyone))
    assert.equal(word('ab', 'CN=x', []), 'f')
    assert.equal(word('cd', 'CN=s, O=Example', []), 's')
    assert.equal(word('cd', 'CN=x', ['other.example.com', 'n.example.com']), 'n')
    assert.equal(word('cd', 'CN=x', ['n.example.com', 'm.example.com']), 'n', 'two names of one application are no tie')
    assert.equal(word('ab', 'CN=x', ['n.example.com']), 'ambiguous')
    assert.equal(word('cd', 'CN=ab', ['ab', 'CN=s,O=Example']), 'unidentified')
    assert.equal(word('cd', 'no name', []), 'unidentified')
  })

  test('by id, and nothing else', () => {
    assert.equal(registry.byId('a')?.name, 'a')
    assert.equal(registry.byId('__proto__'), undefined)
  })
})

describe('the registry identifies introspected tokens by client', () => {
  const registry = build(
    { id: 'a', clientIds: ['client-a', 'client-x'] },
    { id: 'b', claimSets: [{ client_id: 'client-b' }, { tenant: 'b' }] },
    { id: 'c', clientIds: ['client-x'], authServers: ['other'] },
    { id: 'd', clientIds: ['client-d', 'client-d'] },
    { id: 'e', clientIds: ['client-d'] },
  )
  const wordFor = (members: object, authServer = 'sso'): string | undefined =>
    wordOf(registry.identifyByToken(makeIntrospectedToken({ ...members }, { authServer }), anyone))

  test('the one that lists the client, and only that one', () => {
    assert.equal(wordFor({ client_id: 'client-a', tenant: 'b' }), 'a')
    assert.equal(wordFor({ client_id: 'client-b' }), 'b')
    assert.equal(wordFor({ client_id: 'nobody', tenant: 'b' }), 'b')
    assert.equal(wordFor({ client_id: ['client-a'] }), 'unidentified')
    assert.equal(wordFor({ client_id: 'client-d' }), 'ambiguous')
  })

  test('an ID is that of a client where it was given out', () => {
    assert.equal(wordFor({ client_id: 'client-x' }), 'a')
    assert.equal(wordFor({ client_id: 'client-x' }, 'other'), 'ambiguous')
  })

  test('the client_id of a verified JWT is a claim like any other', () => {
    assert.equal(wordOf(registry.identifyByToken(makeVerifiedJwt({ client_id: 'client-a' }), anyone)), 'unidentified')
    assert.equal(wordOf(registry.identifyByToken(makeVerifiedJwt({ client_id: 'client-b' }), anyone)), 'b')
  })
})
