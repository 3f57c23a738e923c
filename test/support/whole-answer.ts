/** One answer as its caller got it over a connection that was to end with it, and whether it is whole. */
export interface ReceivedAnswer {
  readonly status: number
  readonly reason: string
  /** Name in lower case, value, … as they came. */
  readonly lines: readonly string[]
  readonly body: string
  /** False where its framing says that something is missing: a visible cut. */
  readonly isWhole: boolean
  /** What came behind it. */
  readonly rest: string
  /** Values of a field. */
  all(name: string): readonly string[]
}

/** Reads the final answer out of everything that came (Latin-1); undefined where not even its head is whole. */
export function readAnswer(text: string, method = 'GET'): ReceivedAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (!text.startsWith('HTTP/1.1 ') || end < 0) return undefined
  const [first = '', ...fields] = text.slice(0, end).split('\r\n')
  const status = Number(first.split(' ')[1])
  if (status < 200 && status !== 101) return readAnswer(text.slice(end + 4), method)
  const lines = fields.flatMap(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const all = (name: string): readonly string[] => lines.filter((_, i) => i % 2 === 1 && lines[i - 1] === name)
  const content = text.slice(end + 4)
  const make = (body: string, isWhole: boolean, rest: string): ReceivedAnswer => ({
    status,
    reason: first.split(' ').slice(2).join(' '),
    lines,
    body,
    isWhole,
    rest,
    all,
  })
  if (method === 'HEAD' || status === 204 || status === 304 || status === 101) return make('', true, content)
  if (all('transfer-encoding').length > 0) return readChunks(content, make)
  const [length] = all('content-length')
  if (length === undefined) return make(content, true, '')
  return make(content.slice(0, Number(length)), content.length >= Number(length), content.slice(Number(length)))
}

function readChunks(
  content: string,
  make: (body: string, isWhole: boolean, rest: string) => ReceivedAnswer,
): ReceivedAnswer {
  let body = ''
  for (let at = 0; ; ) {
    const end = content.indexOf('\r\n', at)
    const size = end < 0 ? Number.NaN : Number.parseInt(content.slice(at, end), 16)
    if (Number.isNaN(size)) return make(body, false, content.slice(at))
    if (size === 0) {
      const isWhole = content.startsWith('\r\n', end + 2)
      return make(body, isWhole, content.slice(end + (isWhole ? 4 : 2)))
    }
    const chunk = content.slice(end + 2, end + 2 + size)
    body += chunk
    if (!content.startsWith('\r\n', end + 2 + size)) return make(body, false, '')
    at = end + 4 + size
  }
}
