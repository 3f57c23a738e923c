/**
 * The grammar of references in scalars: `${NAME}`, `${env:NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${file:/path}`, `$$` (product.md 2).
 * A lone `$` is literal, nothing nests, and an unclosed `${` is an error. Nothing is looked up here.
 */

/** A part of a scalar. Offsets are code units of the text, `end` exclusive. */
export type TemplatePart = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly otherwise: Otherwise | undefined }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'broken'; readonly message: string; readonly label: string; readonly help: string }
)

/** What counts where the variable is not set or empty. */
export type Otherwise = { readonly kind: 'default' | 'message'; readonly text: string }

/** How references are written, for messages. */
const FORMS = ['NAME', 'NAME:-default', 'NAME:?message', 'file:/path'].map(form => `\`\${${form}}\``).join(', ')

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Splits a text into literal parts and references. The parts cover the text without gaps. Linear in its length; never throws. */
export function parseTemplate(text: string): TemplatePart[] {
  const parts: TemplatePart[] = []
  let from = 0
  for (let at = text.indexOf('$'); at !== -1; at = text.indexOf('$', at)) {
    const next = text[at + 1]
    if (next !== '$' && next !== '{') {
      at++
      continue
    }
    if (at > from) parts.push({ kind: 'literal', start: from, end: at, text: text.slice(from, at) })
    if (next === '$') parts.push({ kind: 'literal', start: at, end: at + 2, text: '$' })
    else parts.push(parseReference(text, at))
    at = parts.at(-1)?.end ?? at + 2
    from = at
  }
  if (from < text.length) parts.push({ kind: 'literal', start: from, end: text.length, text: text.slice(from) })
  return parts
}

function parseReference(text: string, start: number): TemplatePart {
  const close = text.indexOf('}', start)
  const inner = text.indexOf('${', start + 2)
  if (inner !== -1 && (close === -1 || inner < close)) {
    const end = close === -1 ? text.length : endOfNested(text, start)
    return broken(
      start,
      end,
      'references do not nest',
      'a reference inside a reference',
      'use one reference with a plain default',
    )
  }
  if (close === -1) {
    const help = 'close it with `}`, or write `$${` for a literal `${`'
    return broken(start, text.length, 'a reference `${` is never closed', 'no `}` after this', help)
  }
  const place = { start, end: close + 1 }
  const body = text.slice(start + 2, close)
  if (body.startsWith('file:')) {
    const path = body.slice('file:'.length)
    if (path !== '' && !path.includes('\0')) return { kind: 'file', ...place, path }
    return broken(
      place.start,
      place.end,
      'the reference names no file',
      'no path',
      'write the path after `file:`, as in `file:/run/secrets/key`',
    )
  }
  const [, name = '', operator = '', rest = ''] = /^([^:]*)(:[-?])?(.*)$/s.exec(withoutEnv(body)) ?? []
  if (!NAME.test(name) || (operator === '' && rest !== '')) return wordBadName(place.start, place.end, body)
  if (operator === '') return { kind: 'variable', ...place, name, otherwise: undefined }
  return {
    kind: 'variable',
    ...place,
    name,
    otherwise: { kind: operator === ':-' ? 'default' : 'message', text: rest },
  }
}

function withoutEnv(body: string): string {
  return body.startsWith('env:') ? body.slice('env:'.length) : body
}

/** The end of a reference with references inside, counting braces, so that one mistake is one problem. */
function endOfNested(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') depth++
    else if (text[at] === '}' && --depth === 0) return at + 1
  }
  return text.length
}

function wordBadName(start: number, end: number, body: string): TemplatePart {
  const shell = /^([A-Za-z_][A-Za-z0-9_]*)([-?=+#%/]|:[=+])/.exec(body)
  const help =
    shell === null
      ? `write ${FORMS}; a literal \`\${\` is \`$\${\``
      : `a default is written \`\${${shell[1]}:-default}\`; a literal \`\${\` is \`$\${\``
  return broken(start, end, 'this is not a reference to a variable or a file', 'not a variable name', help)
}

function broken(start: number, end: number, message: string, label: string, help: string): TemplatePart {
  return { kind: 'broken', start, end, message, label, help }
}
