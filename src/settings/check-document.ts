import type { Finding } from '../diagnostics/problem.ts'
import { checkTokens } from './audiences.ts'
import { checkAuthServers } from './auth-servers.ts'
import { checkBasePaths } from './base-paths.ts'
import { checkCentralGateway } from './clear-text.ts'
import type { SettingsDocument } from './document.ts'
import { checkDuplicates } from './duplicates.ts'
import { checkIdentification } from './identification.ts'
import { type ExpressionCheck, type Inspection, inspect } from './inspection.ts'
import { checkIntrospection } from './introspection-clients.ts'
import { checkKeyFiles } from './key-files.ts'
import { checkListeners } from './listeners.ts'
import { checkOutgoingTls } from './outgoing-tls.ts'
import { checkPossession } from './possession.ts'
import { checkReferences } from './references.ts'
import { checkRequirements } from './requirements.ts'
import { checkRevocations } from './revocations.ts'
import { type CompiledSchema, loadSchema } from './schema.ts'
import { checkSecrets } from './secrets.ts'
import { checkStateFolder } from './state-folder.ts'
import { checkUpstreams } from './upstreams.ts'

/** Everything that the schema cannot know. Each check finds its own kind of mistake and relies on no other. */
const CHECKS: readonly ((inspection: Inspection) => readonly Finding[])[] = [
  checkReferences,
  checkDuplicates,
  checkListeners,
  checkAuthServers,
  checkIntrospection,
  checkCentralGateway,
  checkKeyFiles,
  checkStateFolder,
  checkSecrets,
  checkBasePaths,
  checkIdentification,
  checkPossession,
  checkTokens,
  checkRequirements,
  checkUpstreams,
  checkOutgoingTls,
  checkRevocations,
]

/**
 * Judges names, files, secrets and contradictions of a document that may still have mistakes in its form; those are
 * `validateDocument`'s, and are not told again. Reads the files that the document names; writes nothing; never throws.
 */
export function checkDocument(
  document: SettingsDocument,
  parts: { readonly checkExpression: ExpressionCheck; readonly nowMs?: number | undefined },
  schema: CompiledSchema = loadSchema(),
): readonly Finding[] {
  const inspection = inspect(document, schema, parts)
  return CHECKS.flatMap(check => check(inspection))
}
