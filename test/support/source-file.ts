/**
 * Reads TypeScript well enough for `test/architecture.test.ts`: imports of every form, and the code without comments and
 * without the contents of strings. No parser: a scanner that knows comments, strings, templates and regular expressions.
 */
import { readFileSync } from 'node:fs'

export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string
  readonly lines: number
  /** The text with comments, string contents and regular expressions blanked; offsets and line breaks as in the file. */
  readonly code: string
  /** The code outside every bracket, brace and parenthesis; the rest is blanked. */
  readonly topLevel: string
  readonly imports: readonly ImportLine[]
}

export interface ImportLine {
  /** What is imported, or `<computed>` where that is no literal. */
  readonly specifier: string
  readonly kind: 'static' | 'type' | 'dynamic' | 'reexport' | 'reexport_all'
  /** First line is 1. */
  readonly line: number
}

/** Reads and scans one file. */
export function readSourceFile(root: string, path: string): SourceFile {
  return scanSource(path, readFileSync(`${root}/${path}`, 'utf8'))
}

/** Scans the text of one file. */
export function scanSource(path: string, text: string): SourceFile {
  const code = blank(text)
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    code,
    topLevel: keepTopLevel(code),
    imports: findImports(text, code),
  }
}

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{;+\-*%~^<>]|\b(?:return|typeof|case|in|of|delete|void|new|do|else|yield|await|throw))$/

function blank(text: string): string {
  const out = text.split('')
  // Depth of braces inside each open `${…}`; a template resumes when its own brace closes.
  const templates: number[] = []
  const erase = (from: number, to: number) => {
    for (let k = from; k < to; k++) if (out[k] !== '\n') out[k] = ' '
  }
  const skipTemplate = (from: number): number => {
    let k = from
    while (k < text.length) {
      if (text[k] === '\\') k += 2
      else if (text[k] === '`') break
      else if (text[k] === '$' && text[k + 1] === '{') break
      else k++
    }
    erase(from, Math.min(k, text.length))
    if (text[k] !== '$') return k + 1
    templates.push(0)
    return k + 2
  }

  let i = 0
  while (i < text.length) {
    const c = text[i] as string
    const next = text[i + 1]
    if (c === '/' && next === '/') {
      const end = text.indexOf('\n', i)
      const stop = end < 0 ? text.length : end
      erase(i, stop)
      i = stop
    } else if (c === '/' && next === '*') {
      const end = text.indexOf('*/', i + 2)
      const stop = end < 0 ? text.length : end + 2
      erase(i, stop)
      i = stop
    } else if (c === "'" || c === '"') {
      let k = i + 1
      while (k < text.length && text[k] !== c && text[k] !== '\n') k += text[k] === '\\' ? 2 : 1
      erase(i + 1, k)
      i = k + 1
    } else if (c === '`') {
      i = skipTemplate(i + 1)
    } else if (c === '/' && BEFORE_REGEX.test(lastToken(out, i))) {
      const stop = endOfRegex(text, i)
      erase(i + 1, stop)
      i = stop + 1
    } else {
      const depth = templates.at(-1)
      if (depth !== undefined && c === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && c === '}') {
        if (depth > 0) templates[templates.length - 1] = depth - 1
        else {
          templates.pop()
          i = skipTemplate(i + 1)
          continue
        }
      }
      i++
    }
  }
  return out.join('')
}

/** The last ten characters of code before `at`, without the white space next to it. */
function lastToken(out: readonly string[], at: number): string {
  let end = at
  while (end > 0 && /\s/.test(out[end - 1] as string)) end--
  return out.slice(Math.max(0, end - 10), end).join('')
}

function endOfRegex(text: string, from: number): number {
  let inClass = false
  for (let k = from + 1; k < text.length; k++) {
    const c = text[k]
    if (c === '\\') k++
    else if (c === '\n') return k
    else if (c === '[') inClass = true
    else if (c === ']') inClass = false
    else if (c === '/' && !inClass) return k
  }
  return text.length
}

function keepTopLevel(code: string): string {
  let depth = 0
  let out = ''
  for (const c of code) {
    if (c === ')' || c === ']' || c === '}') depth = Math.max(0, depth - 1)
    out += depth === 0 || c === '\n' ? c : ' '
    if (c === '(' || c === '[' || c === '{') depth++
  }
  return out
}

function findImports(text: string, code: string): ImportLine[] {
  const found: ImportLine[] = []
  const literalAt = (quoteAt: number): string => {
    const quote = text[quoteAt] as string
    return text.slice(quoteAt + 1, text.indexOf(quote, quoteAt + 1))
  }
  const add = (at: number, kind: ImportLine['kind'], specifier: string) => {
    found.push({ specifier, kind, line: text.slice(0, at).split('\n').length })
  }

  // import … from '…', import type … from '…', import '…', export … from '…'. Clauses hold names, braces, commas and stars only.
  const statements = /(?<=^|[;\n])[ \t]*(import|export)\b([\w$\s{},*]*?)(["'])/g
  for (const match of code.matchAll(statements)) {
    const [whole, keyword = '', clause = ''] = match
    const at = match.index + whole.length - 1
    if (clause.trim() !== '' && !/\bfrom\s*$/.test(clause)) continue
    if (keyword === 'export' && clause.trim() === '') continue
    const typeOnly = /^\s*type\b(?!\s*(?:,|from\b))/.test(clause)
    let kind: ImportLine['kind'] = typeOnly ? 'type' : 'static'
    if (keyword === 'export' && !typeOnly) kind = /^\s*\*/.test(clause) ? 'reexport_all' : 'reexport'
    add(match.index, kind, literalAt(at))
  }

  // import('…'), also in types, and new URL('./…', import.meta.url), which is how workers name their file.
  const loose = [
    /(?<![.\w$])import\s*\(\s*(["'`]?)/g,
    /\bnew\s+URL\s*\(\s*(["'])(?=[^"']*["']\s*,\s*import\s*\.\s*meta\b)/g,
  ]
  for (const pattern of loose)
    for (const match of code.matchAll(pattern)) {
      const quoted = match[1] === "'" || match[1] === '"'
      add(match.index, 'dynamic', quoted ? literalAt(match.index + match[0].length - 1) : '<computed>')
    }
  return found.sort((a, b) => a.line - b.line)
}
