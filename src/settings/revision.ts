import { createHash, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isMapping } from './cursor.ts'
import type { SettingsDocument } from './document.ts'
import { listNamedFiles } from './named-files.ts'
import { Secret } from './secret.ts'

const LENGTH = 12

/**
 * Computes the revision of resolved settings: twelve hex digits of a SHA-256 over everything that they say, the contents of the files that
 * they name included (a new certificate is a new revision), pointers left out.
 */
export function computeRevision(settings: object, document: SettingsDocument): string {
  const secrets: string[] = []
  const hash = createHash('sha256').update(write(settings, secrets))
  for (const { file } of listNamedFiles(document)) hash.update(`\n${file}\n`).update(readIfThere(file))
  // The revision stands in logs: without a slow hash it would tell whoever guesses a short password that the guess is right.
  if (secrets.length > 0) hash.update(scryptSync(JSON.stringify(secrets), 'microgateway revision', 32, { N: 4096 }))
  return hash.digest('hex').slice(0, LENGTH)
}

/** Writes a value with its keys in order; secrets go to the list and leave a mark. */
function write(value: unknown, secrets: string[]): string {
  if (value instanceof Secret) return `secret ${secrets.push(value.reveal())}`
  if (Array.isArray(value)) return `[${value.map(item => write(item, secrets)).join()}]`
  if (!isMapping(value)) return JSON.stringify(value) ?? 'undefined'
  const keys = Object.keys(value)
    .filter(key => key !== 'pointer')
    .sort()
  return `{${keys.map(key => `${JSON.stringify(key)}:${write(value[key], secrets)}`).join()}}`
}

function readIfThere(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch {
    return new Uint8Array()
  }
}
