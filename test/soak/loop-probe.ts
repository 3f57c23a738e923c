/**
 * Loaded into a gateway's process (`--import`): tells over a socket in its working folder how much CPU time it has used and for how
 * long its event loop was blocked at most since it was last asked. Only `gateway-figures.ts` asks.
 */
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const PATH = 'loop-probe.sock'
const RESOLUTION_MS = 1

const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()
rmSync(PATH, { force: true })
createServer(socket => {
  const { user, system } = process.cpuUsage()
  socket.on('error', () => undefined)
  socket.end(JSON.stringify({ cpuMs: (user + system) / 1000, blockedMs: delays.max / 1e6 - RESOLUTION_MS }))
  delays.reset()
})
  .listen(PATH)
  .unref()
