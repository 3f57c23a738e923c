import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { isLiteralSegment, parseBasePath } from './path-template.ts'

/** Paths that the gateway itself answers on every host, whatever the APIs say (product.md 4 and 5). */
const BUILT_IN_PATHS: readonly string[] = [
  '/rest/pub/apigateway/jwt/getJsonWebToken',
  '/rest/pub/apigateway/jwt/certs',
  '/.well-known/jwks.json',
  '/.well-known/backend-jwks.json',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
]

/** Finds base paths that would hide, or be hidden by, what the gateway itself answers, and names that make no base path. */
export function checkBasePaths({ root, apis }: Inspection): readonly Finding[] {
  const endpoint = parseBasePath(root.at('api_endpoint', 'base_path').text ?? '')
  const prefix = endpoint.ok ? (endpoint.value === '/' ? '' : endpoint.value) : undefined
  const tokenPath = parseBasePath(root.at('oauth', 'token_path').text ?? '')
  const builtIn = [
    ...BUILT_IN_PATHS,
    ...(prefix === undefined ? [] : [`${prefix}/security/getJsonWebToken`]),
    ...(tokenPath.ok ? [tokenPath.value] : []),
  ]
  return apis.flatMap(api => checkApi(api, builtIn))
}

/** Returns the base path of an API: what is written, else `/` and its name; undefined where neither makes a path. */
export function defaultBasePath(name: string): string | undefined {
  return isLiteralSegment(name) ? `/${name}` : undefined
}

function checkApi(api: Cursor, builtIn: readonly string[]): readonly Finding[] {
  const written = api.at('base_path')
  const name = api.at('name')
  if (name.text === undefined && !written.isPresent) return []
  const place = written.isPresent ? written : name
  const path = written.isPresent ? parseBasePath(written.text ?? '') : defaultBasePath(name.text ?? '')
  if (path === undefined) {
    return [
      {
        code: 'config.required',
        severity: 'error',
        message: `\`base_path\` is missing: the name \`${name.text ?? ''}\` cannot stand in a path`,
        pointer: name.pointer,
        help: 'add `base_path`, as in `base_path: /orders`',
      },
    ]
  }
  const basePath = typeof path === 'string' ? path : path.ok ? path.value : '/'
  const taken = basePath === '/' ? undefined : builtIn.find(other => overlap(basePath, other))
  if (taken === undefined) return []
  return [
    {
      code: 'config.conflict',
      severity: 'error',
      message: `base path \`${basePath}\` overlaps \`${taken}\`, which the gateway itself answers`,
      pointer: place.pointer,
      help: 'choose another base path',
    },
  ]
}

function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}
