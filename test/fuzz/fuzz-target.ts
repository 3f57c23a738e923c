import type { Random } from './random.ts'

/** Something that generated input is thrown at, and what must hold whatever comes. */
export interface FuzzTarget<Case extends FuzzCase = FuzzCase> {
  readonly name: string
  /** Cases that are judged together. */
  readonly batch: number
  /** Makes a case; the same one for the same numbers. */
  generate(random: Random): Case
  /** Throws cases at it and says in a sentence what was wrong; undefined if nothing was. */
  judge(cases: readonly Case[]): string | undefined | Promise<string | undefined>
  /** Makes a case of a reduced input, where what must hold does not depend on how the input was made. */
  withInput?(input: string, original: Case): Case
  /** Says what was wrong after all cases (memory, a process that is not well); undefined if nothing was. */
  close(): Promise<string | undefined>
}

export interface FuzzCase {
  /** As Latin-1 where it is octets. */
  readonly input: string
}

export interface FuzzFind {
  readonly seed: number
  /** Number of the case in its seed; the first one of a batch where no case alone shows it. */
  readonly index: number
  readonly complaint: string
  /** Reduced. */
  readonly input: string
}

export interface FuzzReport {
  readonly name: string
  readonly seed: number
  readonly cases: number
  readonly seconds: number
  readonly finds: readonly FuzzFind[]
}
