import assert from 'node:assert/strict'
import {
  type Clock,
  canonicalJsonBytes,
  type JsonValue,
  NodeId,
  OperatorId,
  silentLogger,
  type Timers,
} from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { type Genesis, networkIdOf, signInvitation, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { CONTROL_PROTOCOL, type FrameKind, type TreeMessage } from '@borgios/protocol'
import type { ByteStream, Connection, Engine } from '../src/engine/engine.ts'
import { FoundersAdmission } from '../src/session/admission.ts'
import { Services } from '../src/session/services.ts'
import type { Session } from '../src/session/session.ts'
import { Sessions } from '../src/session/sessions.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { signerOf, until } from './support.ts'

const FOUNDER = 900_000
const operatorOf = (n: number) => OperatorId.fromBytes(signerOf(n).publicKey)

export const genesisNamed = (name: string): Genesis => ({
  version: 1,
  name,
  random: 'a'.repeat(52),
  founders: [operatorOf(FOUNDER)],
})
export const genesis = genesisNamed('test')
export const network = networkIdOf(genesis)

/** The certificate the founder, or operator `by`, gives the n-th test identity. */
export const certificateOf = (n: number, by = FOUNDER, of = network) =>
  signNodeCertificate(signerOf(by), {
    network: of,
    node: NodeId.fromBytes(signerOf(n).publicKey),
    operator: operatorOf(by),
  })

export const invitationFor = (operator: number, notAfterMs = Number.MAX_SAFE_INTEGER) =>
  signInvitation(signerOf(FOUNDER), {
    network,
    operator: operatorOf(operator),
    founder: operatorOf(FOUNDER),
    notAfterMs,
  })

export interface TestNode {
  readonly self: NodeId
  readonly engine: Engine
  readonly sessions: Sessions
  readonly services: Services
  readonly opened: Session[]
  readonly closed: Session[]
  readonly broadcasts: Uint8Array[]
  readonly treeMessages: TreeMessage[]
}

export interface TestNodeOptions {
  /** Defaults to a memory engine on `net`. */
  readonly engine?: Engine
  readonly net?: MemoryNet
  readonly n: number
  readonly role?: 'member' | 'guest'
  readonly genesis?: Genesis
  readonly certificate?: ReturnType<typeof certificateOf> | undefined
  readonly invitation?: ReturnType<typeof invitationFor>
  readonly guests?: boolean
  readonly time?: Clock & Timers
}

/** A node with sessions and no tree. */
export async function startNode(options: TestNodeOptions): Promise<TestNode> {
  const { net = new MemoryNet(), n, role = 'member', invitation, guests = true, time } = options
  const self = NodeId.fromBytes(signerOf(n).publicKey)
  const engine = options.engine ?? new MemoryEngine(net, self)
  const certificate = 'certificate' in options ? options.certificate : role === 'member' ? certificateOf(n) : undefined
  const its = options.genesis ?? genesis
  const clock = time ?? systemClock
  const services = new Services()
  const [opened, closed, broadcasts, treeMessages] = [[], [], [], []] as [
    Session[],
    Session[],
    Uint8Array[],
    TreeMessage[],
  ]
  const sessions = new Sessions({
    self,
    engine,
    clock,
    timers: time ?? systemTimers,
    logger: silentLogger,
    services,
    admission: new FoundersAdmission({
      ed25519: sodiumEd25519,
      genesis: its,
      network: networkIdOf(its),
      clock,
      guests,
    }),
    introduction: () => ({
      network: networkIdOf(its),
      release: `release-${n}`,
      role,
      certificate,
      invitation,
      addresses: () => engine.addresses(),
    }),
    listener: {
      onOpened: (session) => opened.push(session),
      onClosed: (session) => closed.push(session),
      onTreeMessage: (_, message) => treeMessages.push(message),
      onBroadcast: (_, bytes) => broadcasts.push(bytes),
      onStream: (_, stream) => stream.abort(new Error('no streams here')),
    },
  })
  await sessions.start()
  return { self, engine, sessions, services, opened, closed, broadcasts, treeMessages }
}

/** A peer that speaks the wire by hand: it sends what it likes and keeps what it gets. */
export class RawPeer {
  readonly connection: Connection
  readonly stream: ByteStream
  received = Buffer.alloc(0)
  closed = false

  private constructor(connection: Connection, stream: ByteStream) {
    this.connection = connection
    this.stream = stream
    stream.listen({
      onData: (chunk) => {
        this.received = Buffer.concat([this.received, chunk])
      },
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => {
        this.closed = true
      },
    })
  }

  static async dial(net: MemoryNet, n: number, to: TestNode): Promise<RawPeer> {
    const engine = new MemoryEngine(net, NodeId.fromBytes(signerOf(n).publicKey))
    await engine.start({ onConnection: () => {}, onStream: () => {} })
    const signal = AbortSignal.timeout(10_000)
    const connection = await engine.dial(to.engine.addresses(), to.self, signal)
    return new RawPeer(connection, await connection.openStream(CONTROL_PROTOCOL, signal))
  }

  send(kind: FrameKind | number, payload: unknown): void {
    const body = payload instanceof Uint8Array ? payload : canonicalJsonBytes(payload as JsonValue)
    const head = Buffer.alloc(5)
    head.writeUInt32BE(body.length + 1)
    head[4] = kind
    this.stream.write(Buffer.concat([head, body]))
  }

  /** Everything received so far, as frames. */
  frames(): { kind: number; body: unknown }[] {
    const frames = []
    let rest = this.received
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0)
      frames.push({ kind: rest[4] ?? 0, body: JSON.parse(rest.subarray(5, 4 + length).toString()) as unknown })
      rest = rest.subarray(4 + length)
    }
    assert.equal(rest.length, 0, 'whole frames only')
    return frames
  }

  async untilClosed(): Promise<void> {
    await until(() => this.closed, 'the peer being hung up')
  }
}

/** The hello of the n-th test identity as a member. */
export const helloOf = (n: number, more: object = {}) => ({
  version: 1,
  network,
  release: 'raw',
  role: 'member',
  addresses: [],
  certificate: certificateOf(n),
  ...more,
})
