import { limits } from '@borgios/core'
import {
  CounterSchema,
  InvitationSchema,
  NetworkIdSchema,
  NodeCertificateSchema,
  NodeIdSchema,
  SignatureSchema,
  strictObject,
} from '@borgios/crypto'
import { type Static, Type } from 'typebox'

const bounds = limits.tree

/** Where a node can be reached: multiaddresses. */
export const AddressesSchema = Type.Array(Type.String({ minLength: 1, maxLength: bounds.maxAddressChars }), {
  maxItems: bounds.maxAddresses,
})

/** A node and where to reach it. */
export const ContactSchema = strictObject({ node: NodeIdSchema, addresses: AddressesSchema })
export type Contact = Static<typeof ContactSchema>

/** Label of the statement a {@link NodeRecord} is, for its signature. */
export const NODE_RECORD = 'node-record/1'

/** What a member says of itself, signed with its node key, with the chain that makes it a member. */
export const NodeRecordSchema = strictObject({
  network: NetworkIdSchema,
  node: NodeIdSchema,
  place: Type.String({ maxLength: bounds.maxPlaceChars }),
  release: Type.String({ maxLength: bounds.maxReleaseChars }),
  services: Type.Array(Type.String({ minLength: 1, maxLength: bounds.maxServiceChars }), {
    maxItems: bounds.maxServices,
  }),
  addresses: AddressesSchema,
  /** Of two records of one node the higher one counts. Raised at every change, and to refute a down notice. */
  sequence: CounterSchema,
  certificate: NodeCertificateSchema,
  invitation: Type.Optional(InvitationSchema),
  signature: SignatureSchema,
})
export type NodeRecord = Static<typeof NodeRecordSchema>

/** Label of the statement a {@link DownNotice} is, for its signature. */
export const DOWN_NOTICE = 'down-notice/1'

/** One member's word that another, as of this record, is gone; or a node's own farewell (`by` is `node`). */
export const DownNoticeSchema = strictObject({
  network: NetworkIdSchema,
  node: NodeIdSchema,
  /** Of the record it speaks of: a higher one refutes it. */
  sequence: CounterSchema,
  by: NodeIdSchema,
  signature: SignatureSchema,
})
export type DownNotice = Static<typeof DownNoticeSchema>

/** 64 bits in hex: a fingerprint of a set, to see that two sets differ. Not a proof of anything. */
export const DigestSchema = Type.String({ pattern: '^[0-9a-f]{16}$' })

/** Records and notices that are news to the sender, or were asked for. */
export const DirectoryEntriesSchema = strictObject({
  kind: Type.Literal('directoryEntries'),
  records: Type.Array(NodeRecordSchema, { maxItems: bounds.directoryPageRecords }),
  notices: Type.Array(DownNoticeSchema, { maxItems: bounds.directoryPageRecords }),
})

/** What the sender knows of every member in one range of ids, so that the other can send and ask for the difference. */
export const DirectorySummarySchema = strictObject({
  kind: Type.Literal('directorySummary'),
  /** The range (after, upTo]; without one, from the first or to the last id. */
  after: Type.Optional(NodeIdSchema),
  upTo: Type.Optional(NodeIdSchema),
  members: Type.Array(strictObject({ node: NodeIdSchema, sequence: CounterSchema, up: Type.Boolean() }), {
    maxItems: bounds.directorySummaryMembers,
  }),
})

/** Asks for the records of these members. */
export const DirectoryWantSchema = strictObject({
  kind: Type.Literal('directoryWant'),
  nodes: Type.Array(NodeIdSchema, { minItems: 1, maxItems: bounds.directoryPageRecords }),
})
