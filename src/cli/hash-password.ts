import type { Readable } from 'node:stream'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError, printJson } from './output.ts'

/** Standard input: a terminal that can stop echoing, or a stream. */
export type PasswordInput = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }

const MAX_BYTES = 4096

/**
 * Runs `hash-password`: asks for a password without echo, or reads it from standard input (one line end at its end does not count),
 * and prints the hash for `password_hash`. The password is never an argument: those show in process lists.
 */
export async function runHashPassword(
  output: Output,
  input: PasswordInput,
  hashPassword: (password: string) => Promise<string>,
): Promise<ExitCode> {
  const password = input.isTTY === true ? await askWithoutEcho(input, output) : await readAll(input)
  if (password === undefined) return EXIT.interrupted
  const mistake = findMistake(password)
  if (mistake !== undefined) {
    printError(output, mistake)
    return EXIT.usage
  }
  const hash = await hashPassword(password)
  if (output.json) printJson(output.stdout, { password_hash: hash })
  else output.stdout.write(`${hash}\n`)
  return EXIT.success
}

function findMistake(password: string): string | undefined {
  if (password === '') return 'the password is empty'
  if (Buffer.byteLength(password) > MAX_BYTES) return `the password is longer than ${MAX_BYTES} bytes`
  // RFC 7617 section 2: control characters cannot be sent with HTTP Basic.
  if (/[\u0000-\u001f\u007f]/.test(password)) return 'the password holds a control character'
  if (password.includes('\ufffd')) return 'the password is not UTF-8 text'
  return undefined
}

async function readAll(input: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length > MAX_BYTES + 2) break
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** Resolves with the line, or with undefined where the person gave up (Ctrl-C, or Ctrl-D on an empty line). */
function askWithoutEcho(input: PasswordInput, output: Output): Promise<string | undefined> {
  output.stderr.write('Password: ')
  return new Promise(resolve => {
    let typed = ''
    const finish = (result: string | undefined): void => {
      input.off('data', read)
      input.setRawMode?.(false)
      input.pause()
      output.stderr.write('\n')
      resolve(result)
    }
    const read = (chunk: Buffer | string): void => {
      for (const character of String(chunk)) {
        const isEnd = character === '\r' || character === '\n'
        const isGivenUp = character === '\u0003' || (character === '\u0004' && typed === '')
        if (isEnd || isGivenUp) {
          finish(isEnd ? typed : undefined)
          return
        }
        if (character === '\u007f' || character === '\b') typed = [...typed].slice(0, -1).join('')
        else if (character === '\u0015') typed = ''
        else typed += character
      }
    }
    input.setRawMode?.(true)
    input.setEncoding('utf8')
    input.on('data', read)
    input.resume()
  })
}
