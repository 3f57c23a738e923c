import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { type Origin, placeOf } from './source-text.ts'
import { fitsCoreTag, knownTags, meaningOf } from './tags.ts'

/** What stands behind an explicit tag. */
export interface Tagged {
  readonly kind: 'scalar' | 'map' | 'list'
  /** Of a scalar. */
  readonly value: unknown
  readonly origin: Origin
  /** Where in the document it stands. */
  readonly path: readonly string[]
}

/** What becomes of the value: it is used, left out without another word, or counts as broken. */
export type TagVerdict = 'fine' | 'leave-out' | 'failed'

/** Judges an explicit tag (product.md 2) and reports what is wrong with it. */
export function judgeTag(tag: string, tagged: Tagged, report: (problem: Problem) => void): TagVerdict {
  const meaning = meaningOf(tag)
  const { kind, value, origin, path } = tagged
  // The entries of a list or map behind a wrong tag are judged all the same: names in there may be meant elsewhere.
  const wrong = kind === 'scalar' ? 'failed' : 'fine'
  const common = { code: 'config.tag', severity: 'error', place: placeOf(tagOrigin(origin)) } as const
  if (meaning.kind === 'core') {
    if (fitsCoreTag(meaning.type, kind === 'scalar' ? value : kind === 'map' ? 'map' : 'seq')) return 'fine'
    report({ ...common, place: placeOf(origin), message: `the value is not what its tag \`!!${meaning.type}\` says` })
    return 'failed'
  }
  if (meaning.kind === 'auth-server') {
    if (path.length === 3 && path[0] === 'security_settings' && path[1] === 'auth_servers' && kind === 'map')
      return 'fine'
    report({
      ...common,
      message: 'the tag `!<authServerAlias>` cannot stand here',
      label: 'not an entry of `security_settings.auth_servers`',
      help: 'it marks an entry of that list, or a whole document (`--- !<authServerAlias>`)',
    })
    return wrong
  }
  if (meaning.kind === 'foreign') {
    const message = `the tag \`!<${meaning.name}>\` of the product has no meaning here, and what it stands before is left out`
    report({ ...common, severity: 'warning', message, label: 'left out' })
    return 'leave-out'
  }
  const near = nearest(meaning.name.replaceAll(/[!<>]/g, ''), knownTags())
  report({
    ...common,
    message: `the tag \`${meaning.name.slice(0, 80)}\` is not known`,
    label: near === undefined ? 'unknown tag' : `did you mean \`!<${near}>\`?`,
    help: near === undefined ? 'remove it; a text that starts with `!` needs quotes' : `write \`!<${near}>\``,
  })
  return wrong
}

/** The tag stands before the value; the library does not keep its range. */
function tagOrigin(origin: Origin): Origin {
  const { text } = origin.source
  const start = text.lastIndexOf('!', Math.max(0, origin.start - 1))
  if (start === -1) return origin
  const verbatim = text[start + 1] === '<'
  const from = !verbatim && text[start - 1] === '!' ? start - 1 : start
  const length = text.slice(start).search(verbatim ? />/ : /[\s,[\]{}]/)
  return { source: origin.source, start: from, end: length === -1 ? text.length : start + length + (verbatim ? 1 : 0) }
}
