/** Callers that are slow, and those that stop (CVE-2018-12122, CVE-2019-5737, CVE-2020-8251, threats 3.15). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { codeOf, type FrontDoor, withDoor } from '../support/front-door.ts'
import { parseAnswers } from '../support/raw-socket.ts'

function get(path: string, lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n`
}

function paths(door: FrontDoor): readonly string[] {
  return door.reached.map(head => head.path)
}

describe('slow callers', () => {
  test('that never finish a head get 408', async () => {
    await withDoor({ limits: { headersTimeoutMs: 100 } }, async (socket, door) => {
      socket.send('GET /a HTTP/1.1\r\nHost: ap')
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 408)
      assert.equal(codeOf(answer?.body ?? ''), 'request.timeout')
      assert.deepEqual(paths(door), [])
    })
  })

  test('that never send a byte are closed without a word', async () => {
    await withDoor({ limits: { headersTimeoutMs: 100 } }, async (socket, door) => {
      assert.equal(await socket.closed(), '')
      assert.deepEqual(door.denials, [])
    })
  })

  test('that send nothing after an answer are closed', async () => {
    await withDoor({ limits: { idleTimeoutMs: 50 } }, async socket => {
      socket.send(get('/a'))
      assert.equal(parseAnswers(await socket.closed()).length, 1)
    })
  })

  test('that do not read their answer are cut', async () => {
    const abandoned = Promise.withResolvers<void>()
    const handle = (_head: RequestHead, reply: Reply): void => {
      reply.onAbandoned(() => abandoned.resolve())
      reply.start(200, [])
      const chunk = Buffer.alloc(1024 * 1024)
      const more = (): void => {
        while (reply.write(chunk));
        reply.onDrain(more)
      }
      more()
    }
    await withDoor({ handle, limits: { idleTimeoutMs: 100 } }, async socket => {
      socket.socket.pause()
      socket.send(get('/a'))
      await abandoned.promise
    })
  })

  test('that take only a trickle of their answer are cut', async () => {
    const whole = 32 * 1024 * 1024
    const abandoned = Promise.withResolvers<void>()
    const handle = (_head: RequestHead, reply: Reply): void => {
      reply.onAbandoned(() => abandoned.resolve())
      reply.start(200, ['content-length', String(whole)])
      reply.write(Buffer.alloc(whole))
      reply.end()
    }
    await withDoor({ handle, limits: { idleTimeoutMs: 100 } }, async ({ socket, send }) => {
      let taken = 0
      socket.on('data', (chunk: string) => {
        taken += chunk.length
        socket.pause()
      })
      const trickle = setInterval(() => socket.resume(), 10)
      send(get('/a'))
      await abandoned.promise
      clearInterval(trickle)
      assert.ok(taken > 0 && taken < whole, `${taken} bytes`)
    })
  })

  test('that do not take the end of their answer are cut once it has waited', async () => {
    const begun = performance.now()
    const abandoned = Promise.withResolvers<void>()
    const handle = (_head: RequestHead, reply: Reply): void => {
      reply.onAbandoned(() => abandoned.resolve())
      reply.send(200, [], Buffer.alloc(32 * 1024 * 1024))
    }
    await withDoor({ handle, limits: { idleTimeoutMs: 300 } }, async socket => {
      socket.socket.pause()
      socket.send(get('/a'))
      await abandoned.promise
      assert.ok(performance.now() - begun >= 300)
    })
  })
})
