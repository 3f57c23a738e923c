import { readFileSync } from 'node:fs'

/** What a vector's authors say of it; the files that leave it open are not among ours. */
export type VectorResult = 'valid' | 'invalid'

/** One JWS under one set of keys. */
export interface JwsVector {
  readonly id: number
  readonly result: VectorResult
  readonly comment: string
  readonly jws: string
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** One signature over octets that need not be a token. */
export interface SignatureVector {
  readonly id: number
  readonly result: VectorResult
  /** DER, SubjectPublicKeyInfo. */
  readonly spki: Buffer
  readonly message: Buffer
  readonly signature: string
}

interface JwsDocument {
  readonly groups: readonly {
    readonly keys: JwsVector['keys']
    readonly tests: readonly (readonly [number, VectorResult, string, string])[]
  }[]
}

interface SignatureDocument {
  readonly suites: readonly {
    readonly file: string
    readonly alg: string
    readonly groups: readonly { readonly spki: string; readonly tests: readonly string[] }[]
  }[]
}

/** Reads the vectors of `test/data/wycheproof-json-web-{signature,key}.json`; each file says where it is from. */
export function readJwsVectors(name: 'signature' | 'key'): readonly JwsVector[] {
  const { groups } = read<JwsDocument>(`wycheproof-json-web-${name}.json`)
  return groups.flatMap(({ keys, tests }) =>
    tests.map(([id, result, comment, jws]) => ({ id, result, comment, jws, keys })),
  )
}

/** Reads the vectors of `test/data/wycheproof-signatures.json`, by JOSE algorithm and file. */
export function readSignatureSuites(): readonly {
  readonly file: string
  readonly alg: string
  readonly vectors: readonly SignatureVector[]
}[] {
  return read<SignatureDocument>('wycheproof-signatures.json').suites.map(({ file, alg, groups }) => ({
    file,
    alg,
    vectors: groups.flatMap(({ spki, tests }) => tests.map(text => toVector(spki, text))),
  }))
}

function toVector(spki: string, text: string): SignatureVector {
  const [id = '', result = '', message = '', signature = ''] = text.split(' ')
  return {
    id: Number(id),
    result: result as VectorResult,
    spki: Buffer.from(spki, 'base64url'),
    message: Buffer.from(message, 'base64url'),
    signature,
  }
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8')) as T
}
