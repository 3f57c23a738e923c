import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Listener, ListenerKind } from '../../../src/server/listener.ts'
import { ListenerSet, type ListenFailure, type WantedListener } from '../../../src/server/listeners.ts'
import type { ServerTls } from '../../../src/server/tls.ts'
import type { LimitsSettings } from '../../../src/settings/model.ts'
import { LIMITS } from '../../support/front-door.ts'

/** A machine whose ports can be taken; its listeners note what happened to them. */
interface Machine {
  readonly set: ListenerSet
  readonly events: string[]
  readonly lost: ListenFailure[]
  /** Addresses that somebody else has. */
  readonly taken: Set<string>
  /** What the listener at a place was updated with last. */
  readonly limits: Map<string, LimitsSettings>
  /** Ends the last connection of a listener that drains. */
  finish(place: string): void
  /** Resolves once the requests of the listener at a place are served. */
  served(place: string): Promise<void>
}

function placeOf({ address }: Pick<WantedListener, 'address'>): string {
  return `${address.host ?? '*'}:${address.port}`
}

function createMachine(): Machine {
  const events: string[] = []
  const taken = new Set<string>()
  const bound = new Map<string, Listener>()
  const limits = new Map<string, LimitsSettings>()
  const lost: ListenFailure[] = []
  const gates = new Map<string, Promise<void>>()
  const endings = new Map<string, () => void>()
  const overlaps = (one: string, other: string): boolean =>
    one === other || (one.split(':')[1] === other.split(':')[1] && (one.startsWith('*') || other.startsWith('*')))
  const isFree = (place: string): boolean => ![...bound.keys(), ...taken].some(other => overlaps(place, other))

  const open = async (wanted: WantedListener, inForce: Promise<void>): Promise<Listener> => {
    const place = placeOf(wanted)
    if (!isFree(place)) throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
    events.push(`open ${place}`)
    gates.set(place, inForce)
    const gone = Promise.withResolvers<void>()
    const release = (what: string): Promise<void> => {
      events.push(`${what} ${place}`)
      if (bound.get(place) === listener) bound.delete(place)
      return gone.promise
    }
    endings.set(place, gone.resolve)
    const listener: Listener = {
      kind: wanted.kind,
      wanted: wanted.address,
      url: `http://${place}`,
      address: () => ({ host: wanted.address.host ?? '', port: wanted.address.port }),
      update: next => void limits.set(place, next),
      drain: () => release('drain'),
      close: () => {
        gone.resolve()
        return release('close')
      },
      connections: () => 0,
    }
    bound.set(place, listener)
    return listener
  }
  return {
    set: new ListenerSet(open, failure => lost.push(failure)),
    events,
    lost,
    taken,
    limits,
    finish: place => endings.get(place)?.(),
    served: place => gates.get(place) ?? assert.fail(`nobody listens at ${place}`),
  }
}

function want(place: string, kind: ListenerKind = 'http', changes: Partial<WantedListener> = {}): WantedListener {
  const [host = '', port] = place.split(':')
  return {
    kind,
    address: { host: host === '*' ? undefined : host, port: Number(port) },
    limits: LIMITS,
    tls: undefined,
    ...changes,
  }
}

/** Puts listeners in force, and forgets what happened on the way. */
async function settle(machine: Machine, wanted: readonly WantedListener[]): Promise<void> {
  const prepared = await machine.set.prepare(wanted)
  assert.ok(prepared.ok)
  prepared.value.commit()
  machine.events.length = 0
}

function places(set: ListenerSet): string[] {
  return set.list().map(({ url }) => url.slice('http://'.length))
}

test('what stays is the same listener with new limits; what is new is opened before what goes is let go', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1'), want('a:2', 'admin')])
  const [kept] = machine.set.list()
  const limits = { ...LIMITS, maxBodyBytes: 7 }
  const prepared = await machine.set.prepare([want('a:1', 'http', { limits }), want('a:3', 'admin', { limits })])
  assert.ok(prepared.ok)
  assert.deepEqual(places(machine.set), ['a:1', 'a:2'], 'nothing changes before the commit')
  assert.equal(machine.limits.get('a:1')?.maxBodyBytes, LIMITS.maxBodyBytes)
  prepared.value.commit()
  assert.deepEqual(machine.events, ['open a:3', 'drain a:2'])
  assert.deepEqual(places(machine.set), ['a:1', 'a:3'])
  assert.equal(machine.set.list()[0], kept)
  assert.equal(machine.limits.get('a:1')?.maxBodyBytes, 7)
})

test('requests of a new listener wait for the commit', async () => {
  const machine = createMachine()
  const prepared = await machine.set.prepare([want('a:1')])
  assert.ok(prepared.ok)
  let isServed = false
  const served = machine.served('a:1').then(() => {
    isServed = true
  })
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(isServed, false)
  prepared.value.commit()
  await served
})

test('a port that is taken refuses the whole change, and what was opened is closed again', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1'), want('a:2', 'admin')])
  machine.taken.add('a:9')
  const prepared = await machine.set.prepare([want('a:3'), want('a:9', 'admin')])
  assert.ok(!prepared.ok)
  assert.deepEqual(prepared.error, { kind: 'admin', address: { host: 'a', port: 9 }, code: 'EADDRINUSE' })
  assert.deepEqual(machine.events, ['open a:3', 'close a:3'])
  assert.deepEqual(places(machine.set), ['a:1', 'a:2'])
})

test('a change that is given up closes what it opened', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1')])
  const prepared = await machine.set.prepare([want('a:2')])
  assert.ok(prepared.ok)
  await prepared.value.discard()
  assert.deepEqual(machine.events, ['open a:2', 'close a:2'])
  assert.deepEqual(places(machine.set), ['a:1'])
})

test('another host on one port has to wait for the old one to let go', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1'), want('a:2', 'admin')])
  const prepared = await machine.set.prepare([want('*:1'), want('a:3', 'admin')])
  assert.ok(prepared.ok)
  prepared.value.commit()
  assert.deepEqual(machine.events, ['open a:3', 'drain a:1', 'open *:1', 'drain a:2'], 'nobody else lets go first')
  assert.deepEqual(places(machine.set), ['*:1', 'a:3'])
})

test('two listeners can change places', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1'), want('a:2', 'admin')])
  const prepared = await machine.set.prepare([want('a:2'), want('a:1', 'admin')])
  assert.ok(prepared.ok)
  prepared.value.commit()
  assert.deepEqual(places(machine.set), ['a:2', 'a:1'])
  assert.deepEqual(
    machine.set.list().map(({ kind }) => kind),
    ['http', 'admin'],
  )
})

test('who made room for nothing is opened again, at once in force', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1'), want('a:2', 'admin')])
  machine.taken.add('b:2')
  const prepared = await machine.set.prepare([want('*:1'), want('*:2', 'admin')])
  assert.ok(!prepared.ok)
  assert.equal(prepared.error.kind, 'admin')
  assert.deepEqual(places(machine.set), ['a:1', 'a:2'])
  assert.deepEqual(machine.events.slice(-3), ['close *:1', 'open a:1', 'open a:2'])
  await machine.served('a:1')
  assert.deepEqual(machine.lost, [])
})

test('who made room and finds it taken is told as lost, and tried again with the next change', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1')])
  machine.taken.add('b:1')
  const { set, taken } = machine
  const preparing = set.prepare([want('*:1')])
  // Somebody is faster between the letting go and the opening again.
  taken.add('a:1')
  assert.ok(!(await preparing).ok)
  assert.deepEqual(machine.lost, [{ kind: 'http', address: { host: 'a', port: 1 }, code: 'EADDRINUSE' }])
  assert.deepEqual(places(set), [])
  taken.clear()
  await settle(machine, [want('a:1')])
  assert.deepEqual(places(set), ['a:1'])
})

test('whether client certificates are asked for makes another listener on the same port', async () => {
  const machine = createMachine()
  const tls = (requestCert: boolean): ServerTls => ({
    options: {},
    requestCert,
    rejectUnauthorized: requestCert,
    choose: () => undefined,
  })
  await settle(machine, [want('a:1', 'https', { tls: tls(false) })])
  await settle(machine, [want('a:1', 'https', { tls: tls(false) })])
  const [kept] = machine.set.list()
  const prepared = await machine.set.prepare([want('a:1', 'https', { tls: tls(true) })])
  assert.ok(prepared.ok)
  prepared.value.commit()
  assert.notEqual(machine.set.list()[0], kept)
})

test('draining waits for connections on listeners that were let go before; closing ends them', async () => {
  const machine = createMachine()
  await settle(machine, [want('a:1'), want('a:9', 'admin')])
  await settle(machine, [want('a:2'), want('a:9', 'admin')])
  let isDrained = false
  const drained = machine.set.drain(['http', 'https']).then(() => {
    isDrained = true
  })
  machine.finish('a:2')
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(isDrained, false, 'an event stream is open on the old port')
  const closed = machine.set.close()
  await drained
  machine.finish('a:9')
  await closed
  assert.ok(machine.events.includes('close a:1'), 'also where it is no longer in force')
  assert.ok(!machine.events.includes('drain a:9'), 'the admin listener answers to the end')
})
