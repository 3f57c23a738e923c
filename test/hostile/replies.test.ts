/** Answers on the way out: cut ones look cut, heads do not wait, and a defect behind the listener ends one connection (H1-14). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { openFrontDoor, withDoor } from '../support/front-door.ts'
import { get as getOrders, openHostile } from '../support/hostile-rows.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { startRawUpstream } from '../support/upstream.ts'

function get(path: string, lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n`
}

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

test('a value with bytes beyond ASCII comes as it was sent, in UTF-8 and in Latin-1 (RFC 9110 5.5)', async t => {
  const value = 'attachment; filename="\xe4\xc3\xa4\x80\xff.pdf"'
  const head = `HTTP/1.1 200 \xc3\xa9\r\nContent-Disposition: ${value}\r\nX-Name: \xe4\r\n`
  for (const framed of [
    'Content-Length: 2\r\n\r\n\xffb',
    'Transfer-Encoding: chunked\r\n\r\n2\r\n\xffb\r\n0\r\n\r\n',
  ]) {
    const upstream = await startRawUpstream(socket => void socket.write(head + framed, 'latin1'))
    const { open, fill } = await openHostile(t, { upstream })
    const socket = await open()
    socket.send(fill(getOrders('Connection: close\r\n')))
    const received = await socket.closed()
    assert.ok(received.includes(`content-disposition: ${value}\r\n`), received)
    assert.ok(received.includes('x-name: \xe4\r\n'))
    assert.ok(received.includes('\xffb'))
  }
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
