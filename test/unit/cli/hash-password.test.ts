import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { type PasswordInput, runHashPassword } from '../../../src/cli/hash-password.ts'
import { captureOutput } from '../../support/captured-output.ts'

const fakeHash = async (password: string) => `hash of ${JSON.stringify(password)}`

async function run(input: PasswordInput, json = false) {
  const captured = captureOutput({ json })
  const code = await runHashPassword(captured.output, input, fakeHash)
  return { code, stdout: captured.stdout(), stderr: captured.stderr() }
}

/** A terminal that notes whether it echoes. */
class FakeTerminal extends PassThrough {
  readonly isTTY = true
  raw = false
  setRawMode(raw: boolean): void {
    this.raw = raw
  }
}

test('a password from standard input is hashed without its line end', async () => {
  for (const text of ['secret', 'secret\n', 'secret\r\n']) {
    assert.equal((await run(Readable.from([Buffer.from(text)]))).stdout, 'hash of "secret"\n')
  }
  assert.equal((await run(Readable.from(['se', 'cret ', ' \n']))).stdout, 'hash of "secret  "\n')
  assert.equal(JSON.parse((await run(Readable.from(['x']), true)).stdout).password_hash, 'hash of "x"')
})

test('passwords that nobody can send are refused', async () => {
  for (const text of ['', '\n', 'a\nb', 'a\u0007', 'x'.repeat(5000), Buffer.from([0xff, 0xfe])]) {
    const { code, stdout } = await run(Readable.from([Buffer.from(text)]))
    assert.equal(code, 64)
    assert.equal(stdout, '')
  }
})

test('on a terminal it asks without echo, and corrections count', async () => {
  const terminal = new FakeTerminal()
  const running = run(terminal)
  assert.equal(terminal.raw, true)
  for (const typed of ['sx', '\u007f', 'ecret', '\r']) terminal.write(typed)
  const { code, stdout, stderr } = await running
  assert.equal(code, 0)
  assert.equal(stdout, 'hash of "secret"\n')
  assert.equal(stderr, 'Password: \n')
  assert.equal(terminal.raw, false)
})

test('giving up gives 130 and leaves the terminal as it was', async () => {
  const terminal = new FakeTerminal()
  const running = run(terminal)
  terminal.write('sec\u0003')
  assert.equal((await running).code, 130)
  assert.equal(terminal.raw, false)
})
