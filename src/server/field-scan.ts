import type { Fields } from '../message/fields.ts'

/** The field lines that decide about a request head, found in one pass over all of them. */
export interface FieldScan {
  /** Size of all lines with `: ` and CR LF, in bytes. */
  readonly bytes: number
  /** Every name is a token (RFC 9110 section 5.6.2). */
  readonly hasValidNames: boolean
  readonly host: string | undefined
  readonly contentLength: string | undefined
  readonly transferEncoding: string | undefined
  readonly expect: string | undefined
  readonly upgrade: string | undefined
  readonly connection: string | undefined
  readonly via: string | undefined
  /** A field that may be there once and is there twice. */
  readonly repeated: 'host' | 'content-length' | 'transfer-encoding' | 'expect' | 'authorization' | undefined
  /** There is a Forwarded or X-Forwarded-* field. */
  readonly hasForwarding: boolean
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const IS_TOKEN: Readonly<Uint8Array> = createTokenTable()

function createTokenTable(): Uint8Array {
  const table = new Uint8Array(256)
  for (const character of TOKEN_CHARACTERS) table[character.charCodeAt(0)] = 1
  return table
}

/** Looks at every field line once. Lists (`connection`, `upgrade`, `via`) are joined; of what may be there once, the first is kept. */
export function scanFields(fields: Fields): FieldScan {
  const { lines, names } = fields
  const scan: Mutable<FieldScan> = {
    bytes: 0,
    hasValidNames: true,
    host: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    expect: undefined,
    upgrade: undefined,
    connection: undefined,
    via: undefined,
    repeated: undefined,
    hasForwarding: false,
  }
  let authorizations = 0
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? ''
    const value = lines[2 * i + 1] ?? ''
    scan.bytes += name.length + value.length + 4
    if (!isToken(name)) scan.hasValidNames = false
    // The length is compared first: most names are none of these.
    switch (name.length) {
      case 3:
        if (name === 'via') scan.via = join(scan.via, value)
        break
      case 4:
        if (name === 'host') keepOnce(scan, 'host', 'host', value)
        break
      case 6:
        if (name === 'expect') keepOnce(scan, 'expect', 'expect', value)
        break
      case 7:
        if (name === 'upgrade') scan.upgrade = join(scan.upgrade, value)
        break
      case 9:
        if (name === 'forwarded') scan.hasForwarding = true
        break
      case 10:
        if (name === 'connection') scan.connection = join(scan.connection, value)
        break
      case 13:
        if (name === 'authorization' && ++authorizations > 1) scan.repeated ??= 'authorization'
        break
      case 14:
        if (name === 'content-length') keepOnce(scan, 'contentLength', name, value)
        break
      case 17:
        if (name === 'transfer-encoding') keepOnce(scan, 'transferEncoding', name, value)
        else if (name === 'x-forwarded-proto') scan.hasForwarding = true
        break
      case 15:
      case 16:
        if (name === 'x-forwarded-for' || name === 'x-forwarded-host') scan.hasForwarding = true
        break
    }
  }
  return scan
}

function keepOnce(
  scan: Mutable<FieldScan>,
  key: 'host' | 'contentLength' | 'transferEncoding' | 'expect',
  name: NonNullable<FieldScan['repeated']>,
  value: string,
): void {
  // Framing and Host outrank a repeated Authorization: they put the connection in doubt.
  if (scan[key] !== undefined) scan.repeated = name
  else scan[key] = value
}

function join(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`
}

function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (IS_TOKEN[name.charCodeAt(i)] !== 1) return false
  return name.length > 0
}

/** Tells whether a comma-separated list of tokens has this one; `token` is in lower case. */
export function listHas(list: string | undefined, token: string): boolean {
  if (list === undefined) return false
  const lower = list.toLowerCase()
  if (lower === token) return true
  return lower.includes(token) && lower.split(',').some(item => item.trim() === token)
}
