import { createHash } from 'node:crypto'
import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import type { HmacAlgorithm } from './model.ts'
import { decodeBase64, isEncodedPassword, minimumSecretLength, plainPassword } from './secret-text.ts'

/**
 * SHA-256 of every secret that stands in our example and samples (product.md 2): whoever reads them knows these. A test holds the list to
 * the files; `start` refuses such a secret on a listener that is not loopback.
 */
const PUBLISHED_SECRETS: ReadonlySet<string> = new Set([
  'e2186dbdb1bb4193608605e84f33208765b5693b55edd4f730a719a100eeea6f',
  'fa6d78eb065ee2aef9d2b34625db51f6c4e76c8b5155e0d9d249eb28517d5901',
  'd79d421778a328c2c2fddc147458d3088487e1243740f7667cc0e4163efe0953',
  'f85fea4507396db5c964d8c3bbc532004e176ece9fe2afb5ae4ce6369b878d8f',
  '6ed986941d0e6a6b7a7da189ceff0dd625d6b8e7ca5f7ac89fd970852a945e8b',
  '181229424893bb65d94a74c2132b8b9e5adfe851464fdb5cb9f49e8a8204be7b',
  '080693cb88747d870aa552cb858c5e3f69ec02dc7688776dde5c2f106f31d4c4',
  '080693cb88747d870aa552cb858c5e3f69ec02dc7688776dde5c2f106f31d4c4',
])

/** Judges every secret that opens something: its form, its strength, and whether the world knows it. */
export function checkSecrets({ root, applications }: Inspection): readonly Finding[] {
  const strategies = applications.flatMap(application => application.at('strategies').items())
  const security = root.at('security_settings')
  const stores = [...security.at('keystores').items(), ...security.at('truststores').items()]
  const passwords = [
    root.at('api_gateway', 'password'),
    root.at('admin_api', 'password'),
    ...[...stores, ...stores.flatMap(store => store.at('entries').items())].map(place => place.at('password')),
  ]
  const opening = [
    root.at('admin_api', 'password'),
    ...root
      .at('users')
      .items()
      .map(user => user.at('password_hash')),
    ...applications.flatMap(application => application.at('identifiers', 'api_keys').items()),
    ...strategies.map(strategy => strategy.at('secret')),
  ]
  return [
    ...passwords.flatMap(checkEncoding),
    ...strategies.flatMap(checkHmacSecret),
    ...opening.filter(isPublished).map(toPublishedFinding),
  ]
}

function checkEncoding(place: Cursor): readonly Finding[] {
  const { text, pointer } = place
  if (text === undefined || !isEncodedPassword(text)) return []
  if (plainPassword(text) === undefined) {
    return [
      {
        code: 'config.secret',
        severity: 'error',
        message: '`{encoded}` is not followed by base64',
        pointer,
        help: 'write the base64 of the password, or the password itself',
      },
    ]
  }
  return [
    {
      code: 'config.insecure',
      severity: 'warning',
      message: '`{encoded}` is base64, not encryption: whoever reads the file reads the password',
      pointer,
      help: 'keep it out of this file: a value may come from the environment or from a file of its own',
    },
  ]
}

function checkHmacSecret(strategy: Cursor): readonly Finding[] {
  const secret = strategy.at('secret')
  const algorithm = strategy.at('algorithm').text
  if (secret.text === undefined || !isHmac(algorithm)) return []
  const octets = decodeBase64(secret.text)?.length
  const needed = minimumSecretLength(algorithm)
  if (octets !== undefined && octets >= needed) return []
  const make = `make one with \`openssl rand -base64 ${needed}\``
  return [
    {
      code: 'config.secret',
      severity: 'error',
      message:
        octets === undefined
          ? 'the secret of a strategy must be base64'
          : `a secret for ${algorithm} needs at least ${needed} bytes; this one has ${octets}`,
      pointer: secret.pointer,
      help: make,
    },
  ]
}

function isHmac(algorithm: string | undefined): algorithm is HmacAlgorithm {
  return algorithm === 'HS256' || algorithm === 'HS384' || algorithm === 'HS512'
}

function isPublished({ text }: Cursor): boolean {
  if (text === undefined) return false
  const plain = plainPassword(text) ?? text
  return PUBLISHED_SECRETS.has(createHash('sha256').update(plain).digest('hex'))
}

function toPublishedFinding({ pointer }: Cursor): Finding {
  return {
    code: 'config.published_secret',
    severity: 'warning',
    message: 'this secret is published in our samples: everybody knows it',
    pointer,
    help: 'set one of your own; `start` refuses this one unless all listeners are loopback',
  }
}
