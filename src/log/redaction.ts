/**
 * What keeps secrets out of the log even where somebody logs too much. It masks by the name of a member and by the look of a text;
 * the access record needs none of it, because it is made of known fields only.
 */

const MASK = '(redacted)'
const MAX_DEPTH = 5
const MAX_MEMBERS = 200
const MAX_TEXT = 4096

/** Ends of member names (lower case, without `-`, `_` and `.`) whose texts are never logged. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  'password',
  'passwordhash',
  'passphrase',
  'secret',
  'token',
  'jwt',
  'assertion',
  'apikey',
  'privatekey',
  'credentials',
  'signature',
  'dpop',
]

/** Tells whether the texts of a member with this name are to be masked. */
function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[-_.]/g, '')
  return SECRET_NAMES.some(secret => plain.endsWith(secret))
}

/** Masks tokens, credentials and URL passwords inside a text, escapes nothing, and cuts it at 4096 code units. */
function redactText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  return cut
    .replaceAll(/(?<![\w-])eyJ[\w-]{4,}\.[\w-]*(?:\.[\w-]*){0,3}/g, MASK)
    .replaceAll(/\b(Bearer|Basic|DPoP)\s{1,4}[\w.~+/-]{4,}=*/gi, `$1 ${MASK}`)
    .replaceAll(/:\/\/[^\s/@:]{0,256}:[^\s/@]{1,256}@/g, `://${MASK}@`)
    .replaceAll(/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,4096}/g, MASK)
}

/** Copies facts with secrets masked. Bounded in depth and width; never throws, also for values with cycles. */
export function redactFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactMembers(facts, 0)
}

function redactMembers(value: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, member] of Object.entries(value).slice(0, MAX_MEMBERS)) {
    const secret = isSecretName(name) && typeof member !== 'number' && typeof member !== 'boolean' && member != null
    copy[name] = secret ? MASK : redactValue(member, depth)
  }
  return copy
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value, depth)
  if ('toJSON' in value && typeof value.toJSON === 'function') return redactText(String(value.toJSON()))
  if (ArrayBuffer.isView(value) || depth >= MAX_DEPTH) return '(omitted)'
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map(item => redactValue(item, depth + 1))
  return redactMembers(value, depth + 1)
}

/** Turns an error and its causes into plain members: type, message, code, stack of the outermost, cause. */
function describeError(error: Error, depth = 0): Record<string, unknown> {
  const described: Record<string, unknown> = { type: error.name, message: redactText(error.message) }
  if ('code' in error && typeof error.code === 'string') described['code'] = error.code
  if (depth === 0 && error.stack !== undefined) described['stack'] = redactText(error.stack)
  if (error.cause !== undefined && depth < MAX_DEPTH) {
    described['cause'] =
      error.cause instanceof Error ? describeError(error.cause, depth + 1) : redactValue(error.cause, depth + 1)
  }
  return described
}
