/** Request bodies that are late, long, broken or not wanted, and what becomes of their connections. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Denial } from '../../src/errors/denial.ts'
import type { Reply } from '../../src/exchange/exchange.ts'
import { RequestBodyError } from '../../src/exchange/request-body-error.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import type { ServerRequestBody } from '../../src/server/request-body.ts'
import { codeOf, refuse, withDoor } from '../support/front-door.ts'
import { parseAnswers, type RawAnswer, type RawSocket } from '../support/raw-socket.ts'

const GOOD = 'GET /good HTTP/1.1\r\nHost: api.test\r\n\r\n'

function post(lines: string, body = ''): string {
  return `POST /a HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n${body}`
}

/** Reads the whole body and answers with its length; what breaks it decides the answer. */
async function count(head: RequestHead, reply: Reply, body: ServerRequestBody | undefined): Promise<void> {
  let bytes = 0
  try {
    for await (const chunk of body?.open() ?? []) bytes += (chunk as Uint8Array).length
    reply.send(200, [], `${head.path} ${bytes}`)
  } catch (error) {
    assert.ok(error instanceof RequestBodyError)
    if (error.code !== 'CALLER_GONE') refuse(reply, error.denial)
  }
}

/** Answers without a look at the body. */
function ignore(head: RequestHead, reply: Reply): void {
  reply.send(200, [], `ok ${head.path}`)
}

function forbid(_head: RequestHead, reply: Reply): void {
  refuse(reply, { code: 'credentials.missing' } satisfies Denial)
}

async function answers(socket: RawSocket, count: number): Promise<readonly RawAnswer[]> {
  return parseAnswers(await socket.until(text => parseAnswers(text).length >= count))
}

describe('a body that is read', () => {
  test('arrives whole, whether its length is known or not, and the connection goes on', async () => {
    await withDoor({ handle: count }, async socket => {
      socket.send(post('Content-Length: 5\r\n', 'abcde'))
      socket.send(post('Transfer-Encoding: chunked\r\n', '3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n'))
      socket.send(post('Transfer-Encoding: CHUNKED\r\n', '0\r\n\r\n'))
      socket.send(post('Content-Length: 0\r\n'))
      const bodies = (await answers(socket, 4)).map(answer => answer.body)
      assert.deepEqual(bodies, ['/a 5', '/a 5', '/a 0', '/a 0'])
    })
  })

  test('that outgrows the limit while it streams is 413, and the connection ends', async () => {
    await withDoor({ handle: count, limits: { maxBodyBytes: 10 } }, async socket => {
      socket.send(post('Transfer-Encoding: chunked\r\n', '6\r\nabcdef\r\n'))
      socket.send('6\r\nabcdef\r\n')
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 413)
      assert.equal(codeOf(answer?.body ?? ''), 'request.body_too_large')
      assert.deepEqual(answer?.fields.get('connection'), ['close'])
    })
  })

  test('that stops being chunks is 400, not an end', async () => {
    await withDoor({ handle: count }, async socket => {
      socket.send(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'))
      socket.send('ZZ\r\nabc\r\n0\r\n\r\n')
      const [answer, ...more] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 400)
      assert.equal(codeOf(answer?.body ?? ''), 'request.malformed')
      assert.deepEqual(more, [])
    })
  })

  for (const [name, chunk] of [
    ['a size that overflows', 'fffffffffffffffff\r\na\r\n'],
    ['a negative size', '-1\r\na\r\n'],
    ['a size in a prefix', '0x3\r\nabc\r\n'],
    ['a chunk longer than its size', '2\r\nabc\r\n0\r\n\r\n'],
    ['a line feed alone behind a size', '3\nabc\r\n0\r\n\r\n'],
    ['a line feed inside an extension', '3;a\nb\r\nabc\r\n0\r\n\r\n'],
  ] as const) {
    test(`with ${name} is refused, and what follows is no request`, async () => {
      await withDoor({ handle: count }, async (socket, door) => {
        socket.send(post('Transfer-Encoding: chunked\r\n', chunk) + GOOD)
        const [answer, ...more] = parseAnswers(await socket.closed())
        assert.equal(answer?.status, 400)
        assert.deepEqual(more, [])
        assert.deepEqual(
          door.reached.map(head => head.path),
          ['/a'],
        )
      })
    })
  }

  test('with endless chunk extensions is refused', async () => {
    await withDoor({ handle: count }, async socket => {
      socket.send(post('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(40_000)}`))
      const [answer] = parseAnswers(await socket.closed())
      assert.ok(answer?.status === 413 || answer?.status === 400)
    })
  })

  test('that does not arrive in time is 408', async () => {
    const limits = { headersTimeoutMs: 100, requestTimeoutMs: 150 }
    await withDoor({ handle: count, limits }, async socket => {
      socket.send(post('Content-Length: 5\r\n', 'ab'))
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 408)
      assert.equal(codeOf(answer?.body ?? ''), 'request.timeout')
    })
  })

  test('whose caller leaves breaks for its reader', async () => {
    let failure: unknown
    const failed = Promise.withResolvers<void>()
    const handle = async (_head: RequestHead, _reply: Reply, body: ServerRequestBody | undefined): Promise<void> => {
      try {
        for await (const _chunk of body?.open() ?? []) socketGone.resolve()
      } catch (error) {
        failure = error
        failed.resolve()
      }
    }
    const socketGone = Promise.withResolvers<void>()
    await withDoor({ handle }, async socket => {
      socket.send(post('Content-Length: 5\r\n', 'ab'))
      await socketGone.promise
      socket.destroy()
      await failed.promise
      assert.ok(failure instanceof RequestBodyError)
      assert.equal(failure.code, 'CALLER_GONE')
    })
  })
})

describe('a body that is not read', () => {
  test('is dropped when it is short: the connection goes on', async () => {
    await withDoor({ handle: forbid }, async (socket, door) => {
      socket.send(post('Content-Length: 5\r\n'))
      assert.equal((await answers(socket, 1))[0]?.status, 401)
      socket.send(`abcde${GOOD}`)
      assert.equal((await answers(socket, 2))[1]?.status, 401)
      assert.deepEqual(
        door.reached.map(head => head.path),
        ['/a', '/good'],
      )
    })
  })

  test('never becomes the next request when it is long: the connection ends', async () => {
    await withDoor({ handle: forbid }, async (socket, door) => {
      socket.send(post('Content-Length: 90000\r\n', GOOD.repeat(3)))
      const [answer, ...more] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 401)
      assert.deepEqual(answer?.fields.get('connection'), ['close'])
      assert.deepEqual(more, [])
      assert.equal(door.reached.length, 1)
    })
  })

  test('and never ends makes the connection end', async () => {
    await withDoor({ handle: ignore }, async socket => {
      socket.send(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'))
      assert.equal((await answers(socket, 1))[0]?.status, 200)
      await socket.closed()
    })
  })

  test('and turns out to be broken after the answer makes the connection end without another word', async () => {
    await withDoor({ handle: ignore }, async socket => {
      socket.send(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'))
      await answers(socket, 1)
      socket.send('ZZ\r\n')
      assert.equal(parseAnswers(await socket.closed()).length, 1)
    })
  })
})
