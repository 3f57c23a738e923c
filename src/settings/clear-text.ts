import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import { isClearTextToElsewhere, parseHttpUrl } from './http-url.ts'
import type { Inspection } from './inspection.ts'

/** What the central API gateway says is as good as the file; the product writes its address with or without `http://`. */
export function checkCentralGateway({ root }: Inspection): readonly Finding[] {
  const block = root.at('api_gateway')
  const url = block.at('url').text ?? ''
  return checkClearText(block, 'url', url.includes('://') ? url : `http://${url}`)
}

/**
 * What travels in the clear can be replaced on the way: whoever does that can sign tokens. `http:` goes to loopback only, elsewhere
 * it needs `allow_http: true` (product.md 3).
 */
export function checkClearText(block: Cursor, key: string, text = block.at(key).text ?? ''): readonly Finding[] {
  const place = block.at(key)
  const url = parseHttpUrl(text)
  if (!url.ok || !isClearTextToElsewhere(url.value)) return []
  if (block.at('allow_http').value === true) {
    return [
      {
        code: 'config.insecure',
        severity: 'warning',
        message: `\`${key}\` goes to \`${url.value.host}\` in the clear: whoever sits between can forge its answer`,
        pointer: place.pointer,
        related: [{ pointer: block.at('allow_http').pointer, label: 'permitted here', atKey: true }],
      },
    ]
  }
  return [
    {
      code: 'config.insecure',
      severity: 'error',
      message: `\`${key}\` must be https: \`${url.value.host}\` is another machine`,
      pointer: place.pointer,
      help: 'write https, or add `allow_http: true` beside it if the way there is safe',
    },
  ]
}
