/** What a connection may carry, in what order it is answered, and when it ends. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { codeOf, type FrontDoor, openFrontDoor, withDoor } from '../support/front-door.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'

function get(path: string, lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n`
}

function paths(door: FrontDoor): readonly string[] {
  return door.reached.map(head => head.path)
}

/** A handler that answers `/slow` only when told to. */
function createSlowHandler(): {
  readonly handle: (head: RequestHead, reply: Reply) => void
  readonly reached: Promise<void>
  readonly release: () => void
} {
  const reached = Promise.withResolvers<void>()
  let answer: (() => void) | undefined
  return {
    reached: reached.promise,
    release: () => answer?.(),
    handle: (head, reply) => {
      if (head.path !== '/slow') {
        reply.send(200, [], head.path)
        return
      }
      answer = () => reply.send(200, [], '/slow')
      reached.resolve()
    },
  }
}

describe('requests on one connection', () => {
  test('are answered in their order', async () => {
    const slow = createSlowHandler()
    await withDoor(slow, async socket => {
      socket.send(get('/slow') + get('/b'))
      await slow.reached
      slow.release()
      const bodies = parseAnswers(await socket.until(/\/b$/)).map(answer => answer.body)
      assert.deepEqual(bodies, ['/slow', '/b'])
    })
  })

  test('that turn into garbage are answered first, then the garbage', async () => {
    const slow = createSlowHandler()
    await withDoor(slow, async (socket, door) => {
      socket.send(`${get('/slow')}GARBAGE\r\n\r\n`)
      await slow.reached
      slow.release()
      const statuses = parseAnswers(await socket.closed()).map(answer => answer.status)
      assert.deepEqual(statuses, [200, 400])
      assert.deepEqual(paths(door), ['/slow'])
    })
  })

  test('end with one that cannot be answered: the next answer never takes its place', async () => {
    const slow = createSlowHandler()
    const handle = (head: RequestHead, reply: Reply): void => {
      if (head.path === '/cut') reply.cut()
      else slow.handle(head, reply)
    }
    await withDoor({ handle }, async socket => {
      socket.send(get('/slow') + get('/cut') + get('/b'))
      await slow.reached
      slow.release()
      const bodies = parseAnswers(await socket.closed()).map(answer => answer.body)
      assert.deepEqual(bodies, ['/slow'])
    })
  })

  test('behind Connection: close are none', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(get('/a', 'Connection: close\r\n') + get('/b'))
      assert.equal(parseAnswers(await socket.closed()).length, 1)
      assert.deepEqual(paths(door), ['/a'])
    })
  })

  test('behind a refusal that closes are none, even in the same packet', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(get('/a', 'Host: other.test\r\n') + get('/b'))
      assert.deepEqual(
        parseAnswers(await socket.closed()).map(answer => answer.status),
        [400],
      )
      assert.deepEqual(paths(door), [])
    })
  })

  test('in HTTP/1.0 are one, whatever the caller asks', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(`GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${get('/b')}`)
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 200)
      assert.deepEqual(answer?.fields.get('connection'), ['close'])
      assert.deepEqual(paths(door), ['/a'])
    })
  })

  test('end with one whose upgrade is not taken: what came behind it was dropped by the parser', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(
        get('/a', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n') + get('/b'),
      )
      const [answer] = parseAnswers(await socket.closed())
      assert.deepEqual(answer?.fields.get('connection'), ['close'])
      assert.deepEqual(paths(door), ['/a'])
      assert.equal(door.reached[0]?.upgrade, undefined)
    })
  })

  test('are not overtaken by an upgrade behind them', async () => {
    const slow = createSlowHandler()
    await withDoor(slow, async (socket, door) => {
      socket.send(get('/slow') + get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
      await slow.reached
      slow.release()
      const statuses = parseAnswers(await socket.closed()).map(answer => answer.status)
      assert.deepEqual(statuses, [200, 400])
      assert.deepEqual(paths(door), ['/slow'])
    })
  })
})

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
})

describe('an answer', () => {
  test('that is cut looks cut, whatever its framing', async () => {
    for (const request of [get('/a'), 'GET /a HTTP/1.0\r\n\r\n']) {
      let reset = false
      const handle = (_head: RequestHead, reply: Reply): void => {
        reply.start(200, [])
        reply.write(Buffer.from('part'))
        setImmediate(() => reply.cut())
      }
      await withDoor({ handle }, async socket => {
        socket.socket.on('error', error => {
          reset = 'code' in error && error.code === 'ECONNRESET'
        })
        socket.send(request)
        const text = await socket.closed()
        assert.ok(reset || (text.includes('chunked') && !text.includes('0\r\n\r\n')))
      })
    }
  })

  test('whose head comes alone is sent without waiting for its body', async () => {
    let end: (() => void) | undefined
    const handle = (_head: RequestHead, reply: Reply): void => {
      reply.start(200, ['content-type', 'text/event-stream'])
      end = () => reply.end()
    }
    await withDoor({ handle }, async socket => {
      socket.send(get('/events'))
      await socket.until(/text\/event-stream[\s\S]*\r\n\r\n/)
      end?.()
      await socket.until(/0\r\n\r\n$/)
    })
  })

  test('to HEAD has the fields and not the body', async () => {
    await withDoor({}, async socket => {
      socket.send(`HEAD /a HTTP/1.1\r\nHost: api.test\r\n\r\n${get('/b')}`)
      const text = await socket.until(/ok \/b$/)
      assert.match(text, /content-length: 5\r\n/)
      assert.doesNotMatch(text, /ok \/a/)
    })
  })
})

describe('an upgrade', () => {
  const UPGRADE = 'Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: x\r\n'

  test('is handed over with the bytes that came behind the head', async () => {
    const handle = (head: RequestHead, reply: Reply): void => {
      assert.equal(head.upgrade, 'websocket')
      const raw = reply.switchProtocols(['connection', 'Upgrade', 'upgrade', 'websocket'])
      raw.pipe(raw)
    }
    await withDoor({ handle }, async socket => {
      socket.send(`${get('/ws', UPGRADE)}early`)
      await socket.until(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*\r\n\r\nearly$/)
      socket.send(' late')
      await socket.until(/early late$/)
    })
  })

  test('that is refused is answered and the connection ends', async () => {
    const handle = (_head: RequestHead, reply: Reply): void => reply.send(403, ['x-a', 'b'], 'no')
    await withDoor({ handle }, async socket => {
      socket.send(get('/ws', UPGRADE) + get('/b'))
      const [answer, ...more] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 403)
      assert.equal(answer?.body, 'no')
      assert.deepEqual(more, [])
    })
  })

  test('whose caller leaves while it is judged is abandoned', async () => {
    const reached = Promise.withResolvers<void>()
    const abandoned = Promise.withResolvers<void>()
    const handle = (_head: RequestHead, reply: Reply): void => {
      reply.onAbandoned(() => abandoned.resolve())
      reached.resolve()
    }
    await withDoor({ handle }, async socket => {
      socket.send(get('/ws', UPGRADE))
      await reached.promise
      socket.destroy()
      await abandoned.promise
    })
  })
})

describe('a defect behind the listener', () => {
  for (const [name, handle] of [
    ['thrown', () => assert.fail('defect')],
    ['rejected', () => Promise.reject(new Error('defect'))],
  ] as const) {
    test(`that is ${name} ends the connection and nothing else`, async () => {
      const door = await openFrontDoor({ handle })
      const socket = await openRawSocket({ port: door.port })
      socket.send(get('/a'))
      assert.equal(await socket.closed(), '')
      assert.equal(door.defects.length, 1)
      const upgrade = await openRawSocket({ port: door.port })
      upgrade.send(get('/a', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
      assert.equal(await upgrade.closed(), '')
      assert.equal(door.defects.length, 2)
      await door.close()
    })
  }
})
