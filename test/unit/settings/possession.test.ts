import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPossession } from '../../../src/settings/possession.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const say = (yaml: string) => checkPossession(inspectionOf(yaml)).map(sayFinding)
const api = (rule: string, more = '') =>
  `apis: [ { name: orders, ${more} policies: [ { identify_and_authorize: { rules: [ ${rule} ] } } ] } ]`
const BODY = '/apis/0/policies/0/identify_and_authorize/rules/0'

test('proofs that nobody looks at are a warning', () => {
  assert.deepEqual(say(api('{ jwt: { dpop: off } }')), [`warning config.insecure ${BODY}/jwt/dpop`])
  for (const mode of ['{}', '{ dpop: if_bound }']) assert.deepEqual(say(api(`{ jwt: ${mode} }`)), [])
})

test('proofs that are compared with what the caller calls us are a warning', () => {
  const rule = '{ jwt: { dpop: required } }'
  assert.deepEqual(say(api(rule)), [`warning config.insecure ${BODY}/jwt/dpop`])
  assert.deepEqual(say(api(rule, 'hosts: [ orders.example.com ],')), [])
  assert.deepEqual(say(`api_endpoint: { access_url: https://x }\n${api(rule)}`), [])
})

test('a certificate rule where nobody asks for certificates is a warning', () => {
  const rule = '{ client_certificate: {} }'
  const warning = `warning config.unusable ${BODY}/client_certificate`
  assert.deepEqual(say(api(rule)), [warning])
  assert.deepEqual(say(`tls: { client_certificates: none }\n${api(rule)}`), [warning])
  for (const asked of ['optional', 'required'])
    assert.deepEqual(say(`tls: { client_certificates: ${asked} }\n${api(rule)}`), [])
})
