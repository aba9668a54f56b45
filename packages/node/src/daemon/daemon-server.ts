import { chmodSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AssertionError, isBorgError, limits, messageOf } from '@borgios/core'
import { openSocketPath } from '../adapters/index.ts'
import { badRequest, unknownSubject } from '../errors.ts'
import { Exchange } from './exchange.ts'
import type { NodeServices } from './node-services.ts'
import { routes } from './routes.ts'

/** The daemon's door for its own user: HTTP on a unix socket of mode 0600. */
export class DaemonServer {
  readonly #server: Server
  readonly #services: NodeServices

  private constructor(services: NodeServices) {
    this.#services = services
    // Uploads take as long as they take: only the headers must come at once.
    this.#server = createServer({ requestTimeout: 0 }, (request, response) => {
      void this.#serve(request, response)
    })
    this.#server.maxConnections = limits.node.maxConnections
  }

  /** Listens at `path`; a socket left there by a dead daemon is replaced (the caller holds the folder's lock). */
  static async listen(path: string, services: NodeServices): Promise<DaemonServer> {
    const daemon = new DaemonServer(services)
    await rm(path, { force: true })
    using short = openSocketPath(path)
    await new Promise<void>((resolve, reject) => {
      daemon.#server.once('error', reject)
      daemon.#server.listen(short.path, resolve)
    })
    chmodSync(path, 0o600)
    return daemon
  }

  /** Takes no more requests and hangs up on whoever is still there. */
  async close(path: string): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
    await rm(path, { force: true })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://daemon')
    const exchange = new Exchange(
      request,
      response,
      url?.searchParams ?? new URLSearchParams(),
      this.#services.context.timers,
    )
    const name = `${request.method} ${url?.pathname ?? 'no path'}`
    try {
      if (url === null) throw badRequest('the request names no path')
      const route = routes[name]
      if (route === undefined)
        throw unknownSubject(`this daemon has no ${name}: it may be of another release than the command`)
      await route(exchange, this.#services)
    } catch (error) {
      if (error instanceof AssertionError) throw error
      if (!exchange.signal.aborted) this.#report(name, error)
      exchange.fail(error)
    }
  }

  #report(name: string, error: unknown): void {
    const { logger } = this.#services.context
    if (isBorgError(error)) logger.info('a request failed', { request: name, code: error.code, kind: error.kind })
    else logger.error('a request failed', { request: name, why: messageOf(error), stack: stackOf(error) })
  }
}

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined)
