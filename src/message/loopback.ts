/**
 * Tells whether a host can only mean this machine: `localhost`, `127.0.0.0/8` or `::1`, as a URL, a listening address or a socket
 * writes it, with or without brackets.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host.toLowerCase()
  // A host of a URL that begins with a number is an IPv4 address in canonical form, so no name can look like this.
  return bare === 'localhost' || bare === '::1' || /^127(?:\.\d{1,3}){3}$/.test(bare)
}
