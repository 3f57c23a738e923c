import type { Finding } from '../diagnostics/problem.ts'
import { Cursor } from './cursor.ts'
import { parseBaseUrl } from './http-url.ts'
import type { Inspection } from './inspection.ts'

/** Finds what an upstream says in vain: a target that is listed twice, a hash key that nothing is balanced by. */
export function checkUpstreams({ apis, document }: Inspection): readonly Finding[] {
  const written = new Cursor(document.value).at('apis').items()
  return apis.flatMap((api, index) => {
    const upstream = api.at('upstream')
    return [...findTwins(upstream), ...findIdleHashKey(upstream, written[index]?.at('upstream', 'hash_on'))]
  })
}

function findTwins(upstream: Cursor): readonly Finding[] {
  const first = new Map<string, string>()
  return upstream
    .at('targets')
    .texts()
    .flatMap(({ text, pointer }): Finding[] => {
      const url = parseBaseUrl(text)
      if (!url.ok) return []
      const target = url.value.href.replace(/\/+$/, '')
      const before = first.get(target)
      if (before === undefined) {
        first.set(target, pointer)
        return []
      }
      return [
        {
          code: 'config.duplicate',
          severity: 'warning',
          message: `\`${text}\` is listed twice: it counts as one target`,
          pointer,
          label: 'again here',
          related: [{ pointer: before, label: 'first here' }],
          help: 'take it out; targets share the requests evenly',
        },
      ]
    })
}

/** Judges what was written, not the default that is filled in. */
function findIdleHashKey(upstream: Cursor, hashOn: Cursor | undefined): readonly Finding[] {
  if (hashOn?.isPresent !== true || upstream.at('balance').text === 'consistent_hash') return []
  return [
    {
      code: 'config.conflict',
      severity: 'warning',
      message: '`hash_on` has no effect: requests are not balanced by it',
      pointer: upstream.at('hash_on').pointer,
      related: [{ pointer: upstream.pointer, label: 'this upstream', atKey: true }],
      help: 'add `balance: consistent_hash` beside it, or take it out',
    },
  ]
}
