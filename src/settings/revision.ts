import { createHash, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
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
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (value instanceof Secret) return `secret ${secrets.push(value.reveal())}`
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${write(item, secrets)},`
    return `[${text}]`
  }
  for (const key of Object.keys(value).sort()) {
    if (key !== 'pointer') text += `${JSON.stringify(key)}:${write(Reflect.get(value, key), secrets)},`
  }
  return `{${text}}`
}

function readIfThere(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch {
    return new Uint8Array()
  }
}
