import { assert } from '@borgios/core'
import type { Access, RequestHandler, Role, StreamHandler } from '../peer-network.ts'

interface Entry<Handler> {
  readonly handler: Handler
  readonly openToGuests: boolean
}

class Registry<Handler> {
  readonly #entries = new Map<string, Entry<Handler>>()

  add(name: string, handler: Handler, access?: Access): void {
    assert(!this.#entries.has(name), `"${name}" has one handler`)
    this.#entries.set(name, { handler, openToGuests: access?.openToGuests ?? false })
  }

  /** The handler a peer of this role may use. To a guest, what is closed and what does not exist look the same. */
  find(name: string, role: Role): Handler | undefined {
    const entry = this.#entries.get(name)
    return entry !== undefined && (role === 'member' || entry.openToGuests) ? entry.handler : undefined
  }
}

/** What this node answers: request methods and bulk protocols, each with who may use it. */
export class Services {
  readonly methods = new Registry<RequestHandler>()
  readonly protocols = new Registry<StreamHandler>()
}
