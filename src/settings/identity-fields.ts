import { Cursor } from './cursor.ts'
import type { SettingsDocument } from './document.ts'

/**
 * Lists the fields that policies anywhere in the document set to tell an upstream who is calling: `claim_headers` and the field of
 * `backend_jwt`. They are taken out of every request, on every route, whether or not the feature is on (product.md section 6).
 */
export function listIdentityFields(document: SettingsDocument): readonly string[] {
  const apis = new Cursor(document.value).at('apis').items()
  const policies = [...apis, ...apis.flatMap(api => api.at('routes').items())].flatMap(place =>
    place.at('policies').items(),
  )
  const names = policies.flatMap(policy => [
    ...policy.at('claim_headers').keys(),
    ...policy
      .at('backend_jwt', 'header')
      .texts()
      .map(({ text }) => text),
  ])
  return [...new Set(names.map(name => name.toLowerCase()))].sort()
}
