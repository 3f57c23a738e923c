/** Tells whether a URL's host name can only mean this machine: `localhost`, `127.0.0.0/8` or `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase()
  if (host === 'localhost' || host === '[::1]' || host === '::1') return true
  // A URL's host that begins with a number is an IPv4 address in canonical form, so no name can look like this.
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
