import { limits } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import type { ComponentLogger, Logger } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Libp2pOptions } from 'libp2p'
import { toPrivateKey } from './node-key.ts'
import { pendingGate } from './pending-gate.ts'
import { socketTls } from './socket-tls.ts'

const silent: Logger = Object.assign(() => {}, {
  error: () => {},
  trace: () => {},
  enabled: false,
  newScope: (): Logger => silent,
})
const silentLoggers: ComponentLogger = { forComponent: () => silent }

/** The libp2p options of every node: bounds everywhere, TLS on the socket, nothing that speaks to strangers by itself. */
export function libp2pOptions(signer: Signer, listen: readonly string[]): Libp2pOptions {
  const bounds = limits.peertree
  return {
    privateKey: toPrivateKey(signer),
    logger: silentLoggers,
    addresses: { listen: [...listen] },
    transports: [
      tcp({
        inboundSocketInactivityTimeout: bounds.socketIdleMs,
        outboundSocketInactivityTimeout: bounds.socketIdleMs,
        dialOpts: { noDelay: true },
        listenOpts: { noDelay: true },
      }),
    ],
    connectionEncrypters: [socketTls()],
    streamMuxers: [
      yamux({
        enableKeepAlive: false,
        maxInboundStreams: bounds.maxStreamsPerSession + 2,
        maxOutboundStreams: bounds.maxStreamsPerSession + 2,
        streamOptions: {
          initialStreamWindowSize: bounds.streamWindowBytes,
          maxStreamWindowSize: bounds.streamWindowBytes,
          maxReadBufferLength: 2 * bounds.streamWindowBytes,
        },
      }),
    ],
    connectionGater: pendingGate(),
    connectionManager: {
      maxConnections: bounds.maxConnections,
      maxIncomingPendingConnections: bounds.maxPendingConnections,
      inboundConnectionThreshold: bounds.inboundPerSecondPerHost,
      inboundUpgradeTimeout: bounds.handshakeTimeoutMs,
      connectionCloseTimeout: bounds.closeTimeoutMs,
      maxParallelDials: bounds.maxParallelDials,
      dialTimeout: bounds.handshakeTimeoutMs,
      // The engine's own bound for one address is shorter, and says that time ran out.
      addressDialTimeout: bounds.handshakeTimeoutMs,
      reconnectRetries: 0,
    },
    connectionMonitor: { enabled: false },
  }
}
