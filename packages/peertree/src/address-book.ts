import { type CancelTimer, type Logger, limits, messageOf, type NodeId, type Timers } from '@borgios/core'
import type { Contact } from '@borgios/protocol'
import type { Member } from './peer-network.ts'

/** Port: where the addresses of known members outlive a restart. */
export interface AddressBook {
  load(): Promise<readonly Contact[]>
  save(contacts: readonly Contact[]): Promise<void>
}

/** What to join through: some of the given addresses, and some remembered members however many were given. */
export const contactsToTry = (
  given: readonly string[],
  remembered: readonly Contact[],
): readonly (readonly string[])[] => {
  const { maxContacts } = limits.tree
  return [
    ...given.slice(0, maxContacts).map((address) => [address]),
    ...remembered.slice(0, maxContacts).map(({ addresses }) => addresses),
  ]
}

/** Saves the address book some time after members changed, never more often than `limits.peertree.addressBookSaveMs`. */
export class AddressBookKeeper {
  readonly #book: AddressBook
  readonly #timers: Timers
  readonly #logger: Logger
  #cancel: CancelTimer | undefined

  constructor(book: AddressBook, timers: Timers, logger: Logger) {
    this.#book = book
    this.#timers = timers
    this.#logger = logger
  }

  /** The contacts of last time; none if the book cannot be read, which is logged. */
  async load(): Promise<readonly Contact[]> {
    try {
      return await this.#book.load()
    } catch (error) {
      this.#logger.warn('the address book cannot be read', { error: messageOf(error) })
      return []
    }
  }

  changed(members: () => readonly Member[], self: NodeId): void {
    this.#cancel ??= this.#timers.after(limits.peertree.addressBookSaveMs, () => {
      void this.save(members(), self)
    })
  }

  /** Saves now. A failure is logged: the network works without. */
  async save(members: readonly Member[], self: NodeId): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const contacts = members
      .filter((member) => member.node !== self && member.addresses.length > 0)
      .sort((left, right) => Number(right.state === 'up') - Number(left.state === 'up'))
      .slice(0, limits.peertree.maxAddressBook)
      .map(({ node, addresses }) => ({ node, addresses: [...addresses] }))
    // An empty view, as after a start without anyone there, must not erase what is known.
    if (contacts.length === 0) return
    try {
      await this.#book.save(contacts)
    } catch (error) {
      this.#logger.warn('the address book cannot be saved', { error: messageOf(error) })
    }
  }
}
