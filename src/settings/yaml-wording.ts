/** Our own words for what the YAML parser finds, by its error code: what was probably meant, not which production failed. */
import { type Document, isCollection, isScalar, type ParsedNode, visit, type YAMLError } from 'yaml'

/** The words for one syntax error, and the range they belong to. */
export interface SyntaxWording {
  readonly message: string
  readonly label?: string
  readonly help?: string
  readonly start: number
  readonly end: number
  /** Where the unfinished thing began. */
  readonly opened?: { readonly start: number; readonly label: string }
}

type Words = Omit<SyntaxWording, 'start' | 'end'> & { readonly start?: number; readonly end?: number }

/** Words one error of a parsed document. `text` is the whole source text. Never fails, whatever the parser reports. */
export function wordSyntaxError(error: YAMLError, document: Document.Parsed, text: string): SyntaxWording {
  const [start, end] = error.pos
  const words = WORDS[error.code]?.(error, document, text) ?? { message: 'this is not valid YAML' }
  return { start, end: Math.max(end, start + 1), ...words }
}

type Word = (error: YAMLError, document: Document.Parsed, text: string) => Words

const QUOTE_HELP = 'put the whole value in quotes'

/** The parser's code for a reason that is reported in other words elsewhere has no entry here. */
const WORDS: Readonly<Partial<Record<YAMLError['code'], Word>>> = {
  BLOCK_AS_IMPLICIT_KEY: (error, _document, text) => wordNestedBlock(error, text),
  MULTILINE_IMPLICIT_KEY: (error, _document, text) => wordMissingColon(error.pos[0], text),
  MISSING_CHAR: (error, document, text) => wordMissingChar(error, document, text),
  UNEXPECTED_TOKEN: (error, _document, text) => wordUnexpected(error, text),
  BAD_INDENT: (error, document, text) => wordIndent(error, document, text),
  TAB_AS_INDENT: () => ({
    message: 'a tab is used for indentation',
    label: 'tab',
    help: 'indent with spaces: YAML does not allow tabs',
  }),
  BAD_SCALAR_START: (error, _document, text) => {
    const character = text[error.pos[0]] ?? ''
    return {
      message: `a value without quotes cannot start with ${character === '`' ? 'a backtick' : `\`${character}\``}`,
      label: 'needs quotes',
      help: QUOTE_HELP,
    }
  },
  BAD_DQ_ESCAPE: () => ({
    message: 'there is no such escape in a text with double quotes',
    label: 'unknown escape',
    help: 'write `\\\\` for a backslash, or use single quotes, where nothing is escaped',
  }),
  BLOCK_IN_FLOW: () => ({
    message: 'an indented block cannot stand inside `[ ]` or `{ }`',
    label: 'a block starts here',
    help: 'write the outer list or map without brackets, or this one with them',
  }),
  KEY_OVER_1024_CHARS: () => ({ message: 'a key is longer than 1024 characters' }),
  NON_STRING_KEY: () => ({ message: 'a key is not a plain name', label: 'a list, a map or an alias cannot be a key' }),
  BAD_ALIAS: () => ({ message: 'an anchor (`&`) or alias (`*`) has no proper name', help: QUOTE_HELP }),
  ALIAS_PROPS: () => ({ message: 'an alias cannot have an anchor or a tag of its own' }),
  MULTIPLE_ANCHORS: () => ({ message: 'a value has two anchors' }),
  MULTIPLE_TAGS: () => ({ message: 'a value has two tags' }),
  BAD_PROP_ORDER: () => ({ message: 'an anchor or a tag stands before the indicator it must follow' }),
  BAD_COLLECTION_TYPE: () => ({ message: 'the tag does not fit what it stands before' }),
  BAD_DIRECTIVE: () => ({ message: 'a line that starts with `%` is not a directive that YAML knows' }),
  TAG_RESOLVE_FAILED: () => ({ message: 'the tag or the value behind it cannot be read', help: QUOTE_HELP }),
  RESOURCE_EXHAUSTION: () => ({ message: 'lists and maps are nested too deeply' }),
}

function wordNestedBlock(error: YAMLError, text: string): Words {
  const line = lineFrom(text, error.pos[0])
  if (error.message.includes('sequence')) return { ...wordBadIndent(), ...firstWord(error.pos[0], text) }
  const follows = /^[^\n]*?:(?:\s|$)/.exec(line)
  // Where the colon stands on a later line, this line's value swallowed a key that is indented too far.
  if (follows === null) {
    return {
      message: 'the line below is indented as if it belonged to this value',
      label: 'this value already ends the entry',
      help: 'give both lines the same indentation, or leave the value out',
      end: error.pos[0] + line.length,
    }
  }
  return { message: 'a value here contains `: `', label: 'this reads as another key', help: QUOTE_HELP }
}

function wordMissingColon(start: number, text: string): Words {
  const line = lineFrom(text, start)
  if (/^-\s/.test(line)) {
    const help = 'remove the `- `, or indent the list under a key of its own'
    return { message: 'a list entry stands among the keys of a map', label: 'not in a list', help, end: start + 1 }
  }
  const comment = line.search(/\s#/)
  const end = start + Math.max(1, (comment === -1 ? line : line.slice(0, comment)).trimEnd().length)
  const glued = /^[\w.-]+:(?=\S)/.exec(line)
  return {
    message: 'a key has no value: `: ` is missing after it',
    label: glued === null ? 'no `: ` in this line' : 'a space is missing after the colon',
    help: 'write `key: value`, or remove the line',
    end,
  }
}

function wordBadIndent(): Words {
  return {
    message: 'this line is indented differently from the others of its block',
    label: 'wrong indentation',
    help: 'entries of one list or map start in the same column',
  }
}

function wordIndent(error: YAMLError, document: Document.Parsed, text: string): Words {
  if (/^(?:Flow|Block) (?:sequence|map)/.test(error.message)) return wordUnclosedBracket(error, document, text)
  if (/Block scalar|leading/i.test(error.message)) {
    return { message: 'a text block (`|` or `>`) is indented unevenly', label: 'wrong indentation' }
  }
  return { ...wordBadIndent(), ...firstWord(error.pos[0], text) }
}

/** The parser marks the white space before the line: move to the text an operator sees. */
function firstWord(start: number, text: string): { start: number; end: number } {
  let at = start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r') at++
  const word = /^[^\s:]+/.exec(text.slice(at, at + 80))?.[0] ?? ' '
  return { start: at, end: at + word.length }
}

function wordMissingChar(error: YAMLError, document: Document.Parsed, text: string): Words {
  const { message, pos } = error
  if (message.startsWith('Missing closing')) return wordUnclosedQuote(error, document, text)
  if (/must end with a|end with a/.test(message)) return wordUnclosedBracket(error, document, text)
  if (message.startsWith('Implicit map keys') || message.startsWith('Implicit keys')) {
    return wordMissingColon(pos[0], text)
  }
  if (message.startsWith('Comments must')) {
    return { message: 'a comment needs a space before its `#`', label: 'here', help: 'or put the value in quotes' }
  }
  if (message.startsWith('Missing space after :')) {
    return { message: 'a space is missing after a colon', label: 'here' }
  }
  if (message.startsWith('Missing ,')) {
    return { message: 'a comma is missing between two entries', label: 'before this' }
  }
  if (message.startsWith('Block collection cannot start')) {
    return { message: 'a document cannot start on the line of its `---`', help: 'start it on the next line' }
  }
  if (message.startsWith('Missing directives-end')) {
    return { message: 'a `---` line is missing after the `%` lines', label: 'the document starts here' }
  }
  if (message.startsWith('Sequence item without')) {
    return { message: 'a list entry has no `- ` before it', label: 'here' }
  }
  return { message: 'a character is missing here', label: 'here' }
}

function wordUnclosedQuote(error: YAMLError, document: Document.Parsed, text: string): Words {
  const quote = text.includes('"') && error.message.includes('"') ? '"' : "'"
  const opened = lastStart(document, error.pos[0], node => isScalar(node) && /^QUOTE/.test(node.type ?? ''))
  if (opened === undefined) return { message: `a quote ${quote} is never closed` }
  return {
    message: `a quote ${quote} is never closed`,
    label: 'the text starts here and runs to the end of the file',
    help: `close it with ${quote} on the same line`,
    start: opened,
    end: opened + 1,
  }
}

function wordUnclosedBracket(error: YAMLError, document: Document.Parsed, text: string): Words {
  const opened = lastStart(document, error.pos[0], node => {
    return isCollection(node) && node.flow === true && /[[{]/.test(text[node.range?.[0] ?? 0] ?? '')
  })
  const start = Math.min(error.pos[0], Math.max(0, text.length - 1))
  if (opened === undefined) return { message: 'a bracket is never closed', start }
  const bracket = text[opened] === '{' ? '{' : '['
  return {
    message: `a \`${bracket}\` is never closed`,
    label: 'opened here',
    help: `close it with \`${bracket === '{' ? '}' : ']'}\`; further lines of it must be indented`,
    start: opened,
    end: opened + 1,
  }
}

/** Finds the innermost matching node that begins before an offset and ends at or after it. */
function lastStart(document: Document.Parsed, before: number, fits: (node: ParsedNode) => boolean): number | undefined {
  let found: number | undefined
  visit(document, {
    Node: (_key, node) => {
      const range = node.range
      if (!range || range[0] > before || !fits(node as ParsedNode)) return
      if (range[1] >= before - 1) found = range[0]
    },
  })
  return found
}

function wordUnexpected(error: YAMLError, text: string): Words {
  const at = error.pos[0]
  const character = text[at] ?? ''
  if (character === '{' && text[at - 1] === '$') {
    return {
      message: 'a reference inside `[ ]` or `{ }` needs quotes',
      label: 'YAML reads this brace as a map',
      help: 'put the whole reference in double quotes',
      start: at - 1,
      end: at + 1,
    }
  }
  if (character === ']' || character === '}') {
    return { message: `there is a \`${character}\` too many`, label: 'nothing is open here' }
  }
  if (character === ',') return { message: 'there is a comma too many', label: 'no entry before this comma' }
  if (error.message.includes('Block scalar header')) {
    return { message: 'only a line break can follow `|` or `>`', help: 'start the text on the next line' }
  }
  const line = lineFrom(text, at).trimEnd()
  if (error.message.includes('at node end') && line !== '') {
    return {
      message: 'there is text behind the end of a value',
      label: 'this does not belong to the value before it',
      help: 'if it does, put the whole value in quotes',
      end: at + line.length,
    }
  }
  return { message: 'this cannot stand here', label: 'not expected here' }
}

/** Returns the rest of the line at an offset, at most 200 characters. */
function lineFrom(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return text.slice(start, Math.min(end === -1 ? text.length : end, start + 200))
}
