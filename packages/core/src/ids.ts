import { base32Pattern, decodeBase32, encodeBase32 } from './base32.ts'
import { BorgError } from './errors.ts'

declare const brand: unique symbol
/** A string that only the functions of this file (or a checked schema) may call an id. */
export type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `n` + base32 of a node's Ed25519 public key. */
export type NodeId = Branded<'NodeId'>
/** `o` + base32 of the Ed25519 public key of whoever contributed the node. */
export type OperatorId = Branded<'OperatorId'>
/** `w` + base32 of the SHA-256 of the network's genesis document. */
export type NetworkId = Branded<'NetworkId'>
/** `s` + base32 of a shard's Merkle root. */
export type ShardId = Branded<'ShardId'>
/** `j` + base32 of 16 random bytes. */
export type JobId = Branded<'JobId'>
/** `t` + base32 of what names a transaction. */
export type TransactionId = Branded<'TransactionId'>
/** `b` + base32 of the hash of a block's header. */
export type BlockId = Branded<'BlockId'>
/** `l` + base32 of what names a lease: the money for keeping one stored file. */
export type LeaseId = Branded<'LeaseId'>
/** `a` + base32 of an account's 32 bytes and a checksum of 4: people copy these by hand. The room `crypto` makes and reads it. */
export type AccountId = Branded<'AccountId'>

interface IdKind {
  readonly prefix: string
  readonly bytes: number
}

const KINDS = {
  node: { prefix: 'n', bytes: 32 },
  operator: { prefix: 'o', bytes: 32 },
  network: { prefix: 'w', bytes: 32 },
  shard: { prefix: 's', bytes: 32 },
  job: { prefix: 'j', bytes: 16 },
  transaction: { prefix: 't', bytes: 32 },
  block: { prefix: 'b', bytes: 32 },
  lease: { prefix: 'l', bytes: 32 },
} as const satisfies Record<string, IdKind>

export type IdKindName = keyof typeof KINDS

function encode(kind: IdKind, bytes: Uint8Array): string {
  if (bytes.length !== kind.bytes) throw invalidId(`${bytes.length} bytes`, kind)
  return kind.prefix + encodeBase32(bytes)
}

function decode(kind: IdKind, text: string): Uint8Array | undefined {
  if (!text.startsWith(kind.prefix)) return undefined
  const bytes = decodeBase32(text.slice(kind.prefix.length))
  return bytes?.length === kind.bytes ? bytes : undefined
}

function invalidId(found: string, kind: IdKind): BorgError {
  return new BorgError(`not an id: expected "${kind.prefix}" and the base32 of ${kind.bytes} bytes, found ${found}`, {
    code: 'CORE_ID_INVALID',
    kind: 'invalid',
    blame: 'caller',
  })
}

const codec = <Id extends string>(kind: IdKind) => ({
  /** Makes the id of these bytes. Throws CORE_ID_INVALID on a wrong length. */
  fromBytes: (bytes: Uint8Array): Id => encode(kind, bytes) as Id,
  /** The bytes an id stands for. Throws CORE_ID_INVALID if it is not one. */
  toBytes(id: Id): Uint8Array {
    const bytes = decode(kind, id)
    if (bytes === undefined) throw invalidId(`"${id.slice(0, 80)}"`, kind)
    return bytes
  },
  /** Whether the text is the canonical form of such an id. */
  is: (text: string): text is Id => decode(kind, text) !== undefined,
  /** The text as an id. Throws CORE_ID_INVALID if it is not one. */
  parse(text: string): Id {
    if (decode(kind, text) === undefined) throw invalidId(`"${text.slice(0, 80)}"`, kind)
    return text as Id
  },
  /** Regular expression source, for schemas: matches what `is` accepts. */
  pattern: `^${kind.prefix}${base32Pattern(kind.bytes)}$`,
})

export const NodeId = codec<NodeId>(KINDS.node)
export const OperatorId = codec<OperatorId>(KINDS.operator)
export const NetworkId = codec<NetworkId>(KINDS.network)
export const ShardId = codec<ShardId>(KINDS.shard)
export const JobId = codec<JobId>(KINDS.job)
export const TransactionId = codec<TransactionId>(KINDS.transaction)
export const BlockId = codec<BlockId>(KINDS.block)
export const LeaseId = codec<LeaseId>(KINDS.lease)

/** How many characters of an id people are shown: prefix + 35 bits, unambiguous among thousands. */
const SHORT_ID_CHARS = 8

/** The first characters of an id: what drawings and sentences show. Commands accept it wherever it is unambiguous. */
export const shortId = (id: string): string => id.slice(0, SHORT_ID_CHARS)
