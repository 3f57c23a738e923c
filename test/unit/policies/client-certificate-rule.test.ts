import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerCertificate } from '../../../src/message/request-head.ts'
import type { ApplicationLookup } from '../../../src/settings/model.ts'
import { makeJudge, makePolicies } from '../../support/policy-bench.ts'

const certificateOf = (subject: string, san: readonly string[] = []): PeerCertificate => ({
  fingerprint: 'ab'.repeat(32),
  x5tS256: '',
  subject,
  san,
  verified: true,
})

function judgeWith(applications: ApplicationLookup) {
  const judge = makeJudge(makePolicies([{ kind: 'client_certificate', applications }]), {
    applications: [
      { id: 'a', clientCertificates: [{ by: 'subject', value: 'CN=a,O=Example' }] },
      { id: 'elsewhere', apis: [], clientCertificates: [{ by: 'san', value: 'elsewhere.example.com' }] },
      { id: 's', suspended: true, clientCertificates: [{ by: 'san', value: 's.example.com' }] },
      { id: 'b', clientCertificates: [{ by: 'san', value: 'both.example.com' }] },
      { id: 'c', clientCertificates: [{ by: 'san', value: 'c.example.com' }] },
    ],
  })
  return async (certificate?: PeerCertificate): Promise<string> => {
    const judged = await judge({ peer: { tls: true, certificate } })
    assert.ok(judged.atOnce)
    return judged.word
  }
}

test('an application is known by its certificate', async () => {
  const judge = judgeWith('registered')
  assert.equal(await judge(certificateOf('CN=a, O=Example')), 'a')
  assert.equal(await judge(certificateOf('CN=x', ['other.example.com', 'c.example.com'])), 'c')
  assert.equal(await judge(certificateOf('CN=x', ['elsewhere.example.com'])), 'application.not_registered')
  assert.equal(await judge(certificateOf('CN=x', ['s.example.com'])), 'application.suspended')
  assert.equal(await judge(certificateOf('CN=x', ['both.example.com', 'c.example.com'])), 'application.ambiguous')
  assert.equal(await judge(certificateOf('CN=x')), 'application.unidentified')
  assert.equal(await judge(), 'application.unidentified')
})

test('the lookup says which applications count', async () => {
  const elsewhere = certificateOf('CN=x', ['elsewhere.example.com'])
  assert.equal(await judgeWith('global')(elsewhere), 'elsewhere')
  assert.equal(await judgeWith('global')(certificateOf('CN=x')), 'application.unidentified')
  assert.equal(await judgeWith('global_or_default')(certificateOf('CN=x')), 'sys:defaultApplication')
  assert.equal(await judgeWith('global_or_default')(), 'application.unidentified')
  assert.equal(await judgeWith('none')(certificateOf('CN=x')), '(none)')
  assert.equal(await judgeWith('none')(), 'application.unidentified')
})

test('a name of one kind is no name of another', async () => {
  const judge = judgeWith('registered')
  assert.equal(await judge(certificateOf('CN=c.example.com')), 'application.unidentified')
  assert.equal(await judge(certificateOf('CN=x', ['CN=a,O=Example'])), 'application.unidentified')
})
