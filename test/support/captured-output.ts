import type { Output } from '../../src/cli/output.ts'

/** The two standard streams of a command, kept as text. */
export interface CapturedOutput {
  readonly output: Output
  stdout(): string
  stderr(): string
}

/** Makes an output without colours that keeps what a command prints. */
export function captureOutput(options: { readonly json?: boolean } = {}): CapturedOutput {
  const texts = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      texts[name] += text
    },
  })
  const color = { stdout: false, stderr: false }
  return {
    output: { stdout: sink('stdout'), stderr: sink('stderr'), color, json: options.json === true },
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
  }
}
