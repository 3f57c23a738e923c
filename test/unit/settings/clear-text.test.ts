import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCentralGateway } from '../../../src/settings/clear-text.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const say = (block: string) => checkCentralGateway(inspectionOf(`api_gateway: { ${block} }`)).map(sayFinding)

test('the central API gateway is asked in the clear on this machine only, with or without a scheme', () => {
  for (const url of [
    'http://gateway.example.com:5555',
    'gateway.example.com:5555',
    'http://10.0.0.1/rest/apigateway',
  ]) {
    assert.deepEqual(say(`url: "${url}"`), ['error config.insecure /api_gateway/url'], url)
    assert.deepEqual(say(`url: "${url}", allow_http: true`), ['warning config.insecure /api_gateway/url'], url)
  }
  for (const url of ['https://gateway.example.com', 'http://localhost:5555', 'localhost:5555', '127.0.0.1:5555']) {
    assert.deepEqual(say(`url: "${url}"`), [], url)
  }
})
