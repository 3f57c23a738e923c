import { lookup } from 'node:dns/promises'

/**
 * Resolves a host name to its addresses, as the system does it (files, then DNS). Rejects with an error whose `code` is `ENOTFOUND`
 * where the name does not exist.
 */
export async function resolveHostName(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}
