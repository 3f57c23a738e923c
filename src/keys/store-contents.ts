import type { KeyObject } from 'node:crypto'
import type { Result } from '../errors/denial.ts'

/** Larger files are no key stores. */
export const MAX_STORE_BYTES = 1024 * 1024
/** A store of a gateway has few entries; the largest bundles of authorities have some hundreds. */
export const MAX_STORE_ENTRIES = 1_000
/** Rounds of key derivation that a store may ask for: far above what tools write by themselves, seconds of work. */
export const MAX_ITERATIONS = 1_000_000
/** Rounds that one file may ask for altogether: each of its keys has its own. */
export const MAX_ITERATIONS_OF_FILE = 20_000_000

/** What to do where a password is missing. */
export const PASSWORD_HELP = `add \`password\`, best from the environment or a file: \`password: \${STORE_PASSWORD}\``

/** One entry of a store: a private key with its certificates, or certificates alone. */
export interface StoreEntry {
  readonly alias: string
  readonly privateKey: KeyObject | undefined
  /** PEM, leaf first. */
  readonly certificates: readonly string[]
}

/** Why a store cannot be read: which part of its settings is to blame, what is wrong, and what to do. Never contents or passwords. */
export interface StoreProblem {
  readonly at: 'file' | 'password'
  readonly message: string
  readonly help: string
}

/** What reading a store's bytes comes to. */
export type StoreContents = Result<readonly StoreEntry[], StoreProblem>

/** What a reader of stores is told beside the bytes. */
export interface StoreRequest {
  /** Name of the file, for commands that the operator may paste. */
  readonly file: string
  readonly password: string | undefined
  /** Private keys are wanted; otherwise they stay closed. */
  readonly withKeys: boolean
}

/** Makes a problem with the contents of a store. */
export function storeProblem(at: StoreProblem['at'], message: string, help: string): Result<never, StoreProblem> {
  return { ok: false, error: { at, message, help } }
}

/** Ends the reading of a store from deep inside; it never leaves the reader that threw it. */
export class UnreadableStore extends Error {
  readonly problem: StoreProblem

  constructor(at: StoreProblem['at'], message: string, help: string) {
    super(message)
    this.name = 'UnreadableStore'
    this.problem = { at, message, help }
  }
}

/** Writes the command that makes a PKCS#12 store out of any store that Java can read. */
export function importCommand(file: string): string {
  const target = `${file.replace(/\.[^./]+$/, '')}.p12`
  return `\`keytool -importkeystore -srckeystore ${file} -destkeystore ${target} -deststoretype PKCS12\``
}

/** Writes a certificate in PEM. */
export function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
