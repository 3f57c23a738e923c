/** Key and trust stores, and what HTTPS serves out of them, resolved: a part of `model.ts`, and like it plain, readonly and complete. */
import type { Secret } from './secret.ts'

export interface TlsSettings {
  /** Entries of keystores; the first one is the default certificate. Without alias: the only entry. */
  readonly certificates: readonly {
    readonly keystore: string
    readonly alias: string | undefined
    readonly pointer: string
  }[]
  readonly clientCertificates: 'none' | 'optional' | 'required'
  /** Truststore with the authorities for client certificates; there wherever they are asked for. */
  readonly clientTruststore: { readonly name: string; readonly pointer: string } | undefined
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

export type KeystoreSettings =
  | {
      readonly type: 'pem'
      readonly name: string
      readonly entries: readonly {
        readonly alias: string
        readonly certificateFile: string | undefined
        readonly privateKeyFile: string
        /** Of the private key, where its file is encrypted. */
        readonly password: Secret | undefined
        readonly pointer: string
      }[]
      readonly pointer: string
    }
  | StoreFileSettings
  | {
      /** Made on first start under `state_dir`. */
      readonly type: 'generated'
      readonly name: string
      readonly algorithm: SigningAlgorithm
      readonly alias: string
      readonly pointer: string
    }

/** A store that is one file with everything in it. */
export interface StoreFileSettings {
  readonly type: 'pkcs12' | 'jks'
  readonly name: string
  /** Absolute. */
  readonly file: string
  readonly password: Secret | undefined
  readonly pointer: string
}

export type TruststoreSettings =
  | {
      readonly type: 'pem'
      readonly name: string
      readonly entries: readonly {
        readonly alias: string
        readonly certificateFile: string
        readonly pointer: string
      }[]
      readonly pointer: string
    }
  | StoreFileSettings

export type SigningAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'ES256' | 'EdDSA'
export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512'
export type AsymmetricAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
