import { readFileSync } from 'node:fs'

/** A published example of a signed JOSE object. */
export interface JoseVector {
  /** RFC and section, as printed there. */
  readonly source: string
  readonly alg: string
  readonly jwk: Readonly<Record<string, string>>
  /** Header, payload and signature, in base64url. */
  readonly compact: readonly string[]
}

interface JoseVectors {
  readonly thumbprint: { readonly source: string; readonly x: string; readonly thumbprint: string }
  readonly signed: readonly JoseVector[]
}

/** Reads the published examples of `test/data/jose-vectors.json`. */
export function readJoseVectors(): JoseVectors {
  return JSON.parse(readFileSync(new URL('../data/jose-vectors.json', import.meta.url), 'utf8'))
}
