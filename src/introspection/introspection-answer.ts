import type { FetchedDocument } from '../outbound/fetch-document.ts'
import type { JsonObject } from '../tokens/jwt.ts'
import { parseJsonObject } from '../tokens/strict-json.ts'
import { isSignedAnswer, type SignedAnswerReader } from './signed-answer.ts'

/** What an endpoint's answer comes to. */
export type IntrospectionAnswer =
  | { readonly kind: 'active'; readonly claims: JsonObject; readonly bytes: number }
  | { readonly kind: 'inactive' }
  /** Nobody can tell. `isOurs`: of a kind that an operator must mend, here or there. */
  | { readonly kind: 'failed'; readonly reason: string; readonly isOurs: boolean }

/** Reads an answer with status 200 (RFC 7662 section 2.2, RFC 9701 section 5). Whatever it is not sure of is a failure, never a token. */
export async function readAnswer(
  document: FetchedDocument & { readonly ok: true },
  signed: { readonly reader: SignedAnswerReader; readonly isRequired: boolean },
): Promise<IntrospectionAnswer> {
  const bytes = document.body.byteLength
  if (isSignedAnswer(document.fields.get('content-type'))) {
    const read = await signed.reader.read(document.body)
    return typeof read === 'string' ? fail(read, true) : judge(read, bytes)
  }
  if (signed.isRequired) return fail('answer not signed', true)
  const parsed = parseJsonObject(document.body)
  return parsed.ok ? judge(parsed.value, bytes) : fail('not json', false)
}

/** Only the boolean says it: `"true"`, `1` and silence are no answers (RFC 7662 section 2.2). */
function judge(claims: JsonObject, bytes: number): IntrospectionAnswer {
  if (claims['active'] === true) return { kind: 'active', claims, bytes }
  return claims['active'] === false ? { kind: 'inactive' } : fail('no active member', false)
}

function fail(reason: string, isOurs: boolean): IntrospectionAnswer {
  return { kind: 'failed', reason, isOurs }
}
