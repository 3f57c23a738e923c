import { createHash } from 'node:crypto'

/**
 * Makes a store name from texts that an operator chose, such as the alias of a key store: readable, legal on every file
 * system, and different for different texts even where case does not count. `suffix` is ours, such as `.pem`.
 */
export function toFileName(prefix: string, parts: readonly string[], suffix: string): string {
  const readable = parts
    .map(part =>
      part
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, '_')
        .slice(0, 40),
    )
    .join('.')
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8)
  return `${prefix}.${readable}.${digest}${suffix}`
}
