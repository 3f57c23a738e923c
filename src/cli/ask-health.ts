/** Longest answer of a health endpoint that is read. */
const MAX_BODY = 64 * 1024

/** Asks a health endpoint over HTTP. Rejects where nobody answers within `timeoutMs`; redirects are not followed. */
export async function askHealth(
  url: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  const body = await response.text()
  return { status: response.status, body: body.slice(0, MAX_BODY) }
}
