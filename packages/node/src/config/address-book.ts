import type { AddressBook } from '@borgios/peertree'
import { ContactSchema } from '@borgios/protocol'
import { Type } from 'typebox'
import { checkedFile } from './checked-file.ts'

const addressBookFile = checkedFile(Type.Array(ContactSchema), 'an address book')

/** Keeps the addresses of known members in a file. */
export const fileAddressBook = (path: string): AddressBook => ({
  load: async () => (await addressBookFile.read(path)) ?? [],
  save: (contacts) => addressBookFile.write(path, [...contacts]),
})
