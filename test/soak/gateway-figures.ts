/** What a gateway's process uses, as the system (Linux) and the probe in it tell. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { GatewayProcess } from '../support/command.ts'

/** Options of Node.js that load the probe. */
export const PROBE_OPTIONS: readonly string[] = ['--import', fileURLToPath(new URL('loop-probe.ts', import.meta.url))]

export interface ProbeFigures {
  /** CPU time of the process so far, user and system. */
  readonly cpuMs: number
  /** Longest time that the event loop was blocked since the last question. */
  readonly blockedMs: number
}

/** Asks the probe of a gateway that was started in this folder with `PROBE_OPTIONS`. */
export async function askProbe(folder: string): Promise<ProbeFigures> {
  return JSON.parse(await text(connect(join(folder, 'loop-probe.sock')))) as ProbeFigures
}

/** The process id, as the banner tells it. */
export function pidOf(gateway: GatewayProcess): string {
  return /^microgateway .* pid (\d+)$/m.exec(gateway.stderr)?.[1] ?? ''
}

const MEBIBYTE = 1024

/** Resident memory in MiB. */
export function residentMib(pid: string): number {
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / MEBIBYTE)
}

export function countDescriptors(pid: string): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

const ESTABLISHED = '01'

/** Ports of the peers that a loopback listener (IPv4) holds connections with, as the kernel sees them. */
export function listPeers(port: number): ReadonlySet<number> {
  const peers = new Set<number>()
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, remote, state] = line.trim().split(/\s+/)
    if (state !== ESTABLISHED || Number.parseInt(local?.split(':')[1] ?? '', 16) !== port) continue
    peers.add(Number.parseInt(remote?.split(':')[1] ?? '', 16))
  }
  return peers
}

export interface MemoryWatch {
  /** The most so far, in MiB. */
  readonly peakMib: number
  stop(): void
}

/** Looks at a process's memory four times a second. */
export function watchMemory(pid: string): MemoryWatch {
  let peakMib = residentMib(pid)
  const timer = setInterval(() => {
    try {
      peakMib = Math.max(peakMib, residentMib(pid))
    } catch {
      // The process has ended: what it used at most is known.
      clearInterval(timer)
    }
  }, 250)
  timer.unref()
  return {
    get peakMib() {
      return peakMib
    },
    stop: () => clearInterval(timer),
  }
}
