import { openAnswersTarget } from './fuzz-answers.ts'
import { openBodiesTarget } from './fuzz-bodies.ts'
import { openFramesTarget } from './fuzz-frames.ts'
import { openJwksTarget } from './fuzz-jwks.ts'
import { type FuzzPlan, fuzz } from './fuzz-loop.ts'
import { openRequestsTarget } from './fuzz-requests.ts'
import type { FuzzReport } from './fuzz-target.ts'
import { openTokensTarget } from './fuzz-tokens.ts'
import { openYamlTarget } from './fuzz-yaml.ts'

/** What there is to throw things at, by the name of what is thrown. */
export const TARGETS: Readonly<Record<string, (plan: FuzzPlan) => Promise<FuzzReport>>> = {
  requests: async plan => fuzz(await openRequestsTarget(), plan),
  bodies: async plan => fuzz(await openBodiesTarget(), plan),
  answers: async plan => fuzz(await openAnswersTarget(), plan),
  tokens: async plan => fuzz(await openTokensTarget(), plan),
  yaml: async plan => fuzz(await openYamlTarget(), plan),
  frames: async plan => fuzz(await openFramesTarget(), plan),
  jwks: async plan => fuzz(await openJwksTarget(), plan),
}
