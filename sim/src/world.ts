import { createHash } from 'node:crypto'
import { assert, limits, type NodeId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import type { Audience, Envelope } from '@borgios/crypto'
import { type Moment, type Role, step, type TreeEffect, type TreeEvent } from '@borgios/peertree'
import { isTreeMessage } from '@borgios/protocol'
import { EventQueue } from './event-queue.ts'
import { simNetwork } from './fake-keys.ts'
import { type Dial, Host } from './host.ts'
import { Network } from './network.ts'
import { checkStep } from './safety.ts'

/** Stands between the world and the core: a mutant replaces it with something subtly broken. */
export type Stepper = (host: Host, event: TreeEvent, now: Moment) => readonly TreeEffect[]

const honestStep: Stepper = (host, event, now) => (host.state === undefined ? [] : step(host.state, event, now))

export interface WorldOptions {
  readonly seed: number
  readonly degree?: number
  readonly stepper?: Stepper
  /** Hash everything that happens. */
  readonly trace?: boolean
  /** Check every message sent against its schema. */
  readonly schemas?: boolean
}

export interface Published {
  readonly id: string
  readonly by: Host
  readonly life: number
  readonly audience: Audience
  readonly atMs: number
}

const TICK_MS = 250
/** Dials of one host under way at once: half of what its engine has, as the rooms dial too. The next wait their turn. */
const DIALS_AT_ONCE = limits.peertree.maxParallelDials / 2

/** Hosts, a network and a clock that all follow from one seed. */
export class World {
  readonly hosts: Host[] = []
  readonly network: Network
  readonly random: SeededRandom
  readonly published: Published[] = []
  readonly degree: number
  nowMs = 0
  messages = 0
  readonly #options: WorldOptions
  readonly #stepper: Stepper
  readonly #queue = new EventQueue()
  readonly #byNode = new Map<NodeId, Host>()
  readonly #byAddress = new Map<string, Host>()
  readonly #envelopes = new WeakMap<Uint8Array, Envelope>()
  readonly #trace = createHash('sha256')

  constructor(options: WorldOptions) {
    this.#options = options
    this.#stepper = options.stepper ?? honestStep
    this.degree = options.degree ?? 8
    this.random = new SeededRandom(options.seed)
    this.network = new Network(this.random)
  }

  get seed(): number {
    return this.#options.seed
  }

  /** What happened so far, as one hash. Ends the tracing. */
  traceHash(): string {
    return this.#trace.digest('hex')
  }

  addHost(role: Role = 'member'): Host {
    const clockRate = 0.98 + this.random.below(41) / 1000
    const host = new Host({ index: this.hosts.length, role, degree: this.degree, random: this.random, clockRate })
    this.hosts.push(host)
    this.#byNode.set(host.node, host)
    this.#byAddress.set(host.addresses[0] ?? '', host)
    return host
  }

  hostOf(node: NodeId): Host | undefined {
    return this.#byNode.get(node)
  }

  /** Starts a host's process, joining through these. */
  boot(host: Host, contacts: readonly Host[]): void {
    host.boot(this.nowMs)
    host.contacts = contacts
    this.give(host, { kind: 'start', contacts: contacts.map((contact) => contact.addresses) })
    this.#planTick(host, host.life, this.random.below(TICK_MS))
  }

  #planTick(host: Host, life: number, delayMs: number): void {
    this.#queue.plan(this.nowMs + delayMs, () => {
      if (host.life !== life || !host.alive) return
      if (!host.frozen) this.give(host, { kind: 'tick' })
      this.#planTick(host, life, TICK_MS)
    })
  }

  /** SIGKILL. Its machine's kernel closes the connections, unless the machine itself is gone too. */
  crash(host: Host, powerCut = false): void {
    host.state = undefined
    host.life += 1
    const peers = [...host.sessions]
    host.sessions.clear()
    host.dark = powerCut
    if (powerCut) return
    for (const node of peers) this.#closeAt(node, host)
  }

  /** Ends a process in good order. */
  stop(host: Host): void {
    this.give(host, { kind: 'stop' })
    this.crash(host)
  }

  freeze(host: Host): void {
    host.frozen = true
  }

  thaw(host: Host): void {
    if (!host.frozen) return
    host.frozen = false
    host.thawedMs = this.nowMs
    if (host.alive && this.random.chance(0.5)) this.give(host, { kind: 'tick' })
    for (const event of host.inbox.splice(0)) this.give(host, event)
  }

  publish(host: Host, audience: Audience = 'members'): string {
    const sequence = host.nextSequence()
    const envelope: Envelope = {
      network: simNetwork,
      type: 'sim.note',
      from: host.node,
      audience,
      timeMs: Math.floor(this.nowMs),
      sequence,
      body: null,
      signature: '',
    }
    const bytes = new Uint8Array(1)
    this.#envelopes.set(bytes, envelope)
    const id = `${host.node}/${sequence}`
    this.published.push({ id, by: host, life: host.life, audience, atMs: this.nowMs })
    this.give(host, { kind: 'publish', envelope, bytes })
    return id
  }

  /** Lets time pass. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs
    for (;;) {
      const next = this.#queue.take(untilMs)
      if (next === undefined) break
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
    }
    this.nowMs = untilMs
  }

  plan(afterMs: number, run: () => void): void {
    this.#queue.plan(this.nowMs + afterMs, run)
  }

  /** Hands an event to a host's core, checks what comes of it, and does it. */
  give(host: Host, event: TreeEvent): void {
    if (!host.alive) return
    if (host.frozen) {
      host.inbox.push(event)
      return
    }
    const effects = this.#stepper(host, event, host.momentAt(this.nowMs))
    if (this.#options.trace === true) {
      const sends = effects.map((effect) => (effect.kind === 'send' ? effect.message : { ...effect, bytes: 0 }))
      this.#trace.update(JSON.stringify([this.nowMs, host.index, event.kind, sends]))
    }
    checkStep(this, host, effects)
    const { life } = host
    for (const effect of effects) if (host.life === life) this.#perform(host, effect)
  }

  envelopeOf(bytes: Uint8Array): Envelope | undefined {
    return this.#envelopes.get(bytes)
  }

  #perform(host: Host, effect: TreeEffect): void {
    switch (effect.kind) {
      case 'dial':
        this.#dial(host, effect)
        break
      case 'send':
        if (this.#options.schemas === true) assert(isTreeMessage(effect.message), JSON.stringify(effect.message))
        this.#carry(host, effect.to, { kind: 'received', from: host.node, message: effect.message })
        break
      case 'forward': {
        const envelope = this.#envelopes.get(effect.bytes)
        assert(envelope !== undefined, 'only envelopes that were published are passed on')
        for (const to of effect.to) {
          this.#carry(host, to, { kind: 'broadcastReceived', from: host.node, envelope, bytes: effect.bytes })
        }
        break
      }
      case 'deliver':
        host.delivered.add(`${effect.envelope.from}/${effect.envelope.sequence}`)
        break
      case 'hangUp':
        if (host.sessions.delete(effect.node)) {
          this.#closeAt(effect.node, host)
          this.give(host, { kind: 'sessionClosed', node: effect.node })
        }
    }
  }

  #carry(host: Host, to: NodeId, event: TreeEvent): void {
    const peer = this.#byNode.get(to)
    if (peer === undefined || !host.sessions.has(to)) return
    this.messages += 1
    for (const atMs of this.network.arrivalsMs(host.index, peer.index, this.nowMs)) {
      this.#queue.plan(atMs, () => {
        if (peer.dark || this.network.isCut(host.index, peer.index)) return
        if (!peer.sessions.has(host.node)) {
          this.#closeAt(host.node, peer)
          return
        }
        if (event.kind === 'broadcastReceived') peer.framesReceived += 1
        this.give(peer, event)
      })
    }
  }

  /** Tells the other end of a session that this end is gone, if the word gets through. */
  #closeAt(node: NodeId, gone: Host): void {
    const peer = this.#byNode.get(node)
    if (peer === undefined) return
    const { life } = peer
    this.#queue.plan(this.nowMs + this.network.delayMs(), () => {
      const isStale = peer.life !== life || gone.sessions.has(node) || this.network.isCut(gone.index, peer.index)
      if (!isStale && peer.sessions.delete(gone.node)) this.give(peer, { kind: 'sessionClosed', node: gone.node })
    })
  }

  #dial(host: Host, effect: Dial): void {
    if (host.dials.size >= DIALS_AT_ONCE) host.waitingDials.push({ effect, sinceMs: this.nowMs })
    else this.#beginDial(host, effect)
  }

  #beginDial(host: Host, effect: Dial): void {
    host.dials.add(effect.dial)
    this.#attempt(host, effect, this.nowMs + effect.withinMs)
  }

  /** Makes way for a dial that waits. By one that the core gave up before it began nobody could be judged. */
  #endDial(host: Host, dial: number): void {
    host.dials.delete(dial)
    const next = host.waitingDials.shift()
    if (next === undefined) return
    const waitedMs = this.nowMs - next.sinceMs
    const where = `seed ${this.seed}, host ${host.index} at ${this.nowMs} ms`
    assert(waitedMs < limits.tree.dialTimeoutMs, `a dial begins before it is given up (${where})`)
    this.#beginDial(host, { ...next.effect, withinMs: next.effect.withinMs - waitedMs })
  }

  #attempt(host: Host, { dial, node, addresses }: Dial, endsMs: number): void {
    const { life } = host
    const peer = this.#byAddress.get(addresses[0] ?? '')
    const fail = (afterMs: number): void =>
      this.plan(afterMs, () => {
        if (host.life !== life) return
        this.#endDial(host, dial)
        this.give(host, { kind: 'dialFailed', dial })
      })
    const there = this.network.delayMs() + this.network.delayMs()
    if (peer === undefined || peer === host || (node !== undefined && peer.node !== node)) {
      fail(there)
      return
    }
    this.plan(there, () => {
      if (host.life !== life) return
      const blocked = this.network.isCut(host.index, peer.index) || this.network.isCut(peer.index, host.index)
      if (blocked || peer.frozen || peer.dark) fail(Math.max(endsMs - this.nowMs, 0))
      else if (!peer.alive || peer.hasExpired(this.nowMs) || host.hasExpired(this.nowMs)) fail(this.network.delayMs())
      else {
        this.#endDial(host, dial)
        this.#connect(host, peer, dial)
      }
    })
  }

  /** Both ends of a new session, at one moment. A stale half of an older one at the far end is replaced. */
  #connect(host: Host, peer: Host, dial: number): void {
    const isThere = host.sessions.has(peer.node)
    if (peer.sessions.has(host.node) && !isThere) {
      peer.sessions.delete(host.node)
      this.give(peer, { kind: 'sessionClosed', node: host.node })
    }
    const isHalfOpen = isThere && !peer.sessions.has(host.node)
    if (isHalfOpen) {
      host.sessions.delete(peer.node)
      this.give(host, { kind: 'sessionClosed', node: peer.node })
    }
    if (!host.sessions.has(peer.node)) {
      peer.sessions.add(host.node)
      host.sessions.add(peer.node)
      this.give(peer, { kind: 'sessionOpened', node: host.node, role: host.role, addresses: host.addresses })
      this.give(host, { kind: 'sessionOpened', node: peer.node, role: peer.role, addresses: peer.addresses })
    }
    this.give(host, { kind: 'dialed', dial, node: peer.node })
  }
}
