/**
 * A JSON parser for tokens (RFC 7519 section 7.2): where JSON.parse chooses, this refuses. Duplicate names, a byte order
 * mark, bytes that are not UTF-8, numbers that are not finite, deep nesting and too many members make no object at all.
 */
import { isUtf8 } from 'node:buffer'
import type { Result } from '../errors/denial.ts'
import type { JsonObject, JsonValue } from './jwt.ts'

/** Deepest nesting; an object of plain values has depth 1. */
const MOST_DEPTH = 32
/** Most members and elements of the whole text of a token. */
const MOST_MEMBERS = 4096

export type JsonFault =
  | 'not utf-8'
  | 'not json'
  | 'not an object'
  | 'duplicate name'
  | 'number not finite'
  | 'too deep'
  | 'too many members'

/**
 * Parses the bytes of one JSON object. Objects have no prototype, so `__proto__` is a name like any other. Agrees with
 * JSON.parse on everything that it accepts. Never throws; linear in the length. `mostMembers` is for documents other than tokens.
 */
export function parseJsonObject(bytes: Uint8Array, mostMembers: number = MOST_MEMBERS): Result<JsonObject, JsonFault> {
  if (!isUtf8(bytes)) return { ok: false, error: 'not utf-8' }
  const parser = new Parser(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), mostMembers)
  const value = parser.parse()
  if (value === undefined) return { ok: false, error: parser.fault }
  // Arrays and plain values are JSON, but no header and no claims set.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ok: false, error: 'not an object' }
  return { ok: true, value: value as JsonObject }
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const LETTER_F = 0x66
const LETTER_N = 0x6e
const LETTER_T = 0x74
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

class Parser {
  fault: JsonFault = 'not json'
  readonly #text: string
  readonly #mostMembers: number
  /** Sticky, so it belongs to one parser. */
  readonly #number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
  #at = 0
  #members = 0

  constructor(text: string, mostMembers: number) {
    this.#text = text
    this.#mostMembers = mostMembers
  }

  /** Parses the whole text; undefined means that `fault` says why not. */
  parse(): JsonValue | undefined {
    this.#skipSpace()
    const value = this.#parseValue(0)
    if (value === undefined) return undefined
    this.#skipSpace()
    return this.#at === this.#text.length ? value : undefined
  }

  #parseValue(depth: number): JsonValue | undefined {
    switch (this.#text.charCodeAt(this.#at)) {
      case OPEN_BRACE:
        return depth === MOST_DEPTH ? this.#fail('too deep') : this.#parseObject(depth + 1)
      case OPEN_BRACKET:
        return depth === MOST_DEPTH ? this.#fail('too deep') : this.#parseArray(depth + 1)
      case QUOTE:
        return this.#parseString()
      case LETTER_T:
        return this.#parseWord('true', true)
      case LETTER_F:
        return this.#parseWord('false', false)
      case LETTER_N:
        return this.#parseWord('null', null)
      default:
        return this.#parseNumber()
    }
  }

  #parseObject(depth: number): JsonValue | undefined {
    const object: Record<string, JsonValue> = Object.create(null)
    this.#at += 1
    this.#skipSpace()
    if (this.#take(CLOSE_BRACE)) return object
    for (;;) {
      const name = this.#text.charCodeAt(this.#at) === QUOTE ? this.#parseString() : undefined
      if (name === undefined) return undefined
      if (name in object) return this.#fail('duplicate name')
      this.#skipSpace()
      if (!this.#take(COLON)) return undefined
      this.#skipSpace()
      const value = this.#parseMember(depth)
      if (value === undefined) return undefined
      object[name] = value
      if (this.#take(CLOSE_BRACE)) return object
      if (!this.#take(COMMA)) return undefined
      this.#skipSpace()
    }
  }

  #parseArray(depth: number): JsonValue | undefined {
    const array: JsonValue[] = []
    this.#at += 1
    this.#skipSpace()
    if (this.#take(CLOSE_BRACKET)) return array
    for (;;) {
      const value = this.#parseMember(depth)
      if (value === undefined) return undefined
      array.push(value)
      if (this.#take(CLOSE_BRACKET)) return array
      if (!this.#take(COMMA)) return undefined
      this.#skipSpace()
    }
  }

  #parseMember(depth: number): JsonValue | undefined {
    this.#members += 1
    if (this.#members > this.#mostMembers) return this.#fail('too many members')
    const value = this.#parseValue(depth)
    this.#skipSpace()
    return value
  }

  #parseString(): string | undefined {
    const text = this.#text
    const start = this.#at
    let escaped = false
    for (let i = start + 1; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === QUOTE) {
        this.#at = i + 1
        return escaped ? unescapeString(text.slice(start, i + 1)) : text.slice(start + 1, i)
      }
      if (code < 0x20) return undefined
      if (code === BACKSLASH) {
        escaped = true
        i += 1
      }
    }
    return undefined
  }

  #parseNumber(): number | undefined {
    this.#number.lastIndex = this.#at
    const digits = this.#number.exec(this.#text)?.[0]
    if (digits === undefined) return undefined
    this.#at += digits.length
    const number = Number(digits)
    return Number.isFinite(number) ? number : this.#fail('number not finite')
  }

  #parseWord<T extends JsonValue>(word: string, value: T): T | undefined {
    if (!this.#text.startsWith(word, this.#at)) return undefined
    this.#at += word.length
    return value
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false
    this.#at += 1
    return true
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  #fail(fault: JsonFault): undefined {
    this.fault = fault
    return undefined
  }
}

/** Leaves the escapes of one string literal to JSON.parse; undefined where it has a wrong one. */
function unescapeString(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined
  }
}
