import { Agent, Dispatcher, ProxyAgent } from 'undici'
import { type OutgoingTls, toConnectOptions } from './outgoing-tls.ts'
import { type ProxyRules, proxyFor } from './proxy-rules.ts'

export interface ControlAgentParts {
  /** Absent: the system's authorities, and no certificate of ours. */
  readonly tls?: OutgoingTls | undefined
  /** Absent: no call goes through a proxy. */
  readonly proxies?: ProxyRules | undefined
  /** How connections are kept. */
  readonly options?: Agent.Options
}

/** Makes the gateway's own calls: straight, or through the proxy that the environment names. Never used for an upstream. */
export class ControlAgent extends Dispatcher {
  readonly #parts: ControlAgentParts
  readonly #straight: Agent
  readonly #proxied = new Map<string, ProxyAgent>()

  constructor(parts: ControlAgentParts) {
    super()
    this.#parts = parts
    const connect = parts.tls === undefined ? {} : toConnectOptions(parts.tls)
    this.#straight = new Agent({ ...BOUNDS, ...parts.options, connect })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#agentFor(options.origin).dispatch(options, handler)
  }

  override async close(): Promise<void> {
    await Promise.all([this.#straight, ...this.#proxied.values()].map(agent => agent.close()))
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#straight, ...this.#proxied.values()].map(agent => agent.destroy()))
  }

  #agentFor(origin: string | URL | undefined): Agent | ProxyAgent {
    const { proxies, tls, options } = this.#parts
    const proxy = proxies === undefined || origin === undefined ? undefined : proxyFor(new URL(origin), proxies)
    if (proxy === undefined) return this.#straight
    let agent = this.#proxied.get(proxy)
    if (agent === undefined) {
      const requestTls = tls === undefined ? {} : toConnectOptions(tls)
      agent = new ProxyAgent({ ...BOUNDS, ...options, uri: proxy, requestTls })
      this.#proxied.set(proxy, agent)
    }
    return agent
  }
}

/** What is the same for all of them. */
const BOUNDS = {
  allowH2: false,
  maxHeaderSize: 16_384,
} as const
