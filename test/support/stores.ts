import assert from 'node:assert/strict'
import { openStores, type Stores } from '../../src/keys/stores.ts'
import type { KeystoreSettings, TruststoreSettings } from '../../src/settings/model.ts'
import type { TestCertificate } from './certificate.ts'

/** What is in the stores of a test: PEM texts by alias, by the name of the store. */
export interface StorePlan {
  readonly keystores?: Readonly<
    Record<string, Readonly<Record<string, Partial<TestCertificate> & { readonly key: string }>>>
  >
  readonly truststores?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Opens PEM stores without a file behind them. */
export async function openPemStores(plan: StorePlan): Promise<Stores> {
  const files = new Map<string, string>()
  const put = (name: string, text: string): string => {
    files.set(name, text)
    return name
  }
  const keystores = Object.entries(plan.keystores ?? {}).map(([name, entries], index): KeystoreSettings => {
    const pointer = `/security_settings/keystores/${index}`
    return {
      type: 'pem',
      name,
      pointer,
      entries: Object.entries(entries).map(([alias, { key, cert }], position) => ({
        alias,
        privateKeyFile: put(`${name}/${alias}.key`, key),
        certificateFile: cert === undefined ? undefined : put(`${name}/${alias}.pem`, cert),
        password: undefined,
        pointer: `${pointer}/entries/${position}`,
      })),
    }
  })
  const truststores = Object.entries(plan.truststores ?? {}).map(([name, entries], index): TruststoreSettings => {
    const pointer = `/security_settings/truststores/${index}`
    return {
      type: 'pem',
      name,
      pointer,
      entries: Object.entries(entries).map(([alias, pem], position) => ({
        alias,
        certificateFile: put(`${name}/${alias}.crt`, pem),
        pointer: `${pointer}/entries/${position}`,
      })),
    }
  })
  return openOf({ keystores, truststores }, async path => Buffer.from(files.get(path) ?? ''))
}

/** Opens stores that must be fine. */
export async function openOf(
  settings: Parameters<typeof openStores>[0],
  readBytes: (path: string) => Promise<Uint8Array>,
): Promise<Stores> {
  const opened = await openStores(settings, { readBytes })
  assert.ok(opened.ok, JSON.stringify(opened))
  return opened.value
}

/** Stores with nothing in them. */
export function noStores(): Promise<Stores> {
  return openPemStores({})
}

/** Outgoing TLS that trusts these certificates and shows nothing. */
export function trustOnly(...ca: readonly string[]): {
  readonly ca: readonly string[]
  readonly rejectUnauthorized: boolean
  readonly identity: string
} {
  return { ca, rejectUnauthorized: true, identity: ca.join('') }
}
