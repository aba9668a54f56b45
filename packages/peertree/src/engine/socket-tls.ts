import { Socket } from 'node:net'
import { connect, TLSSocket, type TLSSocketOptions } from 'node:tls'
import { assert } from '@borgios/core'
import type {
  ConnectionEncrypter,
  MessageStream,
  SecureConnectionOptions,
  SecuredConnection,
  StreamMuxerFactory,
} from '@libp2p/interface'
import type { TLSComponents } from '@libp2p/tls'
import { generateCertificate, toMessageStream, verifyPeerCertificate } from '@libp2p/tls/utils'

/** The name this wire protocol has in multistream-select (libp2p specs, tls/tls.md). */
const PROTOCOL = '/tls/1.0.0'
/** ALPN of a peer that negotiates the multiplexer later. */
const NO_EARLY_MUXER = 'libp2p'

/** What libp2p's message streams keep unread bytes in. */
interface ReadBuffer {
  readonly byteLength: number
  subarray(): Uint8Array
  consume(bytes: number): void
}

interface Handshake {
  readonly socket: TLSSocket
  /** The multiplexer chosen by ALPN, once the handshake is done. */
  readonly muxer: () => StreamMuxerFactory | undefined
}

/**
 * TLS 1.3 for libp2p connections over TCP, the same on the wire as `@libp2p/tls`, but run by Node on the TCP socket itself
 * rather than through a JavaScript duplex: about half the CPU per byte.
 *
 * Who the peer is comes from the certificate's libp2p extension, in which the node key signs the certificate's key;
 * `verifyPeerCertificate` checks it, the self-signature, the dates and the expected id. Node's own chain check is
 * therefore off: a certificate here never has an issuer.
 *
 * It needs the TCP connection's private `socket`. Where that is missing, after a change in @libp2p/tcp or over another
 * transport, it asserts instead of running without encryption; the interop test fails first.
 */
export const socketTls =
  () =>
  (components: TLSComponents): ConnectionEncrypter =>
    new SocketTls(components)

class SocketTls implements ConnectionEncrypter {
  readonly protocol = PROTOCOL
  readonly [Symbol.toStringTag] = 'socket-tls'
  readonly #components: TLSComponents
  /** One per node and run: making a key for each connection would only cost time. */
  #certificate: ReturnType<typeof generateCertificate> | undefined

  constructor(components: TLSComponents) {
    this.#components = components
  }

  secureInbound(connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#secure(connection, options, (socket, base) => this.#accept(socket, base))
  }

  secureOutbound(connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#secure(connection, options, (socket, base) => this.#connect(socket, base))
  }

  async #secure(
    connection: MessageStream,
    options: SecureConnectionOptions | undefined,
    shake: (socket: Socket, base: TLSSocketOptions) => Handshake,
  ): Promise<SecuredConnection> {
    const socket = takeSocket(connection)
    this.#certificate ??= generateCertificate(this.#components.privateKey)
    const base: TLSSocketOptions = {
      ...(await this.#certificate),
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      rejectUnauthorized: false,
    }
    options?.signal?.throwIfAborted()
    const handshake = shake(socket, base)
    endThroughTls(socket, handshake.socket)
    await secured(handshake.socket, connection, options?.signal)
    const certificate = handshake.socket.getPeerCertificate().raw
    try {
      if (certificate === undefined) throw new Error('the peer showed no certificate')
      const remotePeer = await verifyPeerCertificate(certificate, options?.remotePeer)
      const streamMuxer = handshake.muxer()
      const secure = toMessageStream(connection, handshake.socket)
      writeTogether(secure, handshake.socket)
      return { remotePeer, connection: secure, ...(streamMuxer === undefined ? {} : { streamMuxer }) }
    } catch (error) {
      handshake.socket.destroy()
      throw error
    }
  }

  #accept(raw: Socket, base: TLSSocketOptions): Handshake {
    const muxers = this.#components.upgrader.getStreamMuxers()
    let chosen: string | undefined
    const socket = new TLSSocket(raw, {
      ...base,
      isServer: true,
      requestCert: true,
      ALPNCallback: ({ protocols }) => {
        chosen = protocols.find((protocol) => protocol === NO_EARLY_MUXER || muxers.has(protocol))
        return chosen
      },
    })
    return { socket, muxer: () => (chosen === undefined ? undefined : muxers.get(chosen)) }
  }

  #connect(raw: Socket, base: TLSSocketOptions): Handshake {
    const muxers = this.#components.upgrader.getStreamMuxers()
    const socket = connect({ ...base, socket: raw, ALPNProtocols: [...muxers.keys(), NO_EARLY_MUXER] })
    return { socket, muxer: () => (socket.alpnProtocol ? muxers.get(socket.alpnProtocol) : undefined) }
  }
}

/** Takes the TCP socket out of libp2p's connection, together with what was read beyond the negotiation. */
function takeSocket(connection: MessageStream): Socket {
  const socket: unknown = Reflect.get(connection, 'socket')
  assert(socket instanceof Socket, 'a libp2p TCP connection holds its node:net socket in `socket`')
  const unread = Reflect.get(connection, 'readBuffer') as ReadBuffer | undefined
  assert(unread?.consume !== undefined, 'a libp2p message stream holds what was read in `readBuffer`')
  socket.removeAllListeners('data')
  socket.pause()
  if (unread.byteLength > 0) {
    socket.unshift(Buffer.from(unread.subarray()))
    unread.consume(unread.byteLength)
  }
  return socket
}

/**
 * libp2p ends a connection by ending its TCP socket, which knows nothing of what TLS still has to write; and a TCP reset frees the
 * handle while TLS uses it, of which the process dies. So both are done to the TLS socket, which then ends the TCP socket itself.
 */
function endThroughTls(raw: Socket, secure: TLSSocket): void {
  raw.destroySoon = () => secure.destroySoon()
  raw.resetAndDestroy = () => {
    secure.destroy()
    return raw
  }
}

/**
 * libp2p writes the head and the body of each frame apart. Together they leave as one TLS record with one system call: for small frames
 * half the CPU.
 */
function writeTogether(secure: object, socket: TLSSocket): void {
  assert('sendData' in secure && typeof secure.sendData === 'function', 'libp2p message streams write by sendData')
  const write = secure.sendData.bind(secure)
  secure.sendData = (data: unknown) => {
    socket.cork()
    try {
      return write(data)
    } finally {
      socket.uncork()
    }
  }
}

/** Resolves when the handshake is done; ends both sockets and rejects on an error, a close or the signal before that. */
function secured(socket: TLSSocket, connection: MessageStream, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      forget()
      socket.destroy()
      connection.abort(error)
      reject(error)
    }
    const onAbort = (): void => fail(new Error('the TLS handshake took too long'))
    const onClose = (): void => fail(new Error('the peer closed during the TLS handshake'))
    const forget = (): void => {
      signal?.removeEventListener('abort', onAbort)
      socket.off('close', onClose)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    // Stays for the socket's whole life: an error without a listener would end the process.
    socket.on('error', fail)
    socket.once('close', onClose)
    socket.once('secure', () => {
      forget()
      resolve()
    })
  })
}
