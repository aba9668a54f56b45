import { base32Pattern, canonicalJsonBytes, type JsonObject, limits, NetworkId } from '@borgios/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { malformed } from './errors.ts'
import { OperatorIdSchema, strictObject } from './schema.ts'

const GenesisSchema = strictObject({
  version: Type.Literal(1),
  /** What people call the network. */
  name: Type.String({ minLength: 1, maxLength: limits.genesis.maxNameChars }),
  /** 32 random bytes in base32, so that two networks of one name and founder differ. */
  random: Type.String({ pattern: `^${base32Pattern(32)}$` }),
  /** The operators who may invite others until the ledger takes over. */
  founders: Type.Array(OperatorIdSchema, {
    minItems: 1,
    maxItems: limits.genesis.maxFounders,
    uniqueItems: true,
  }),
  /** What the ledger begins with; the room `ledger` knows its form. A network without it keeps none. */
  ledger: Type.Optional(Type.Unsafe<JsonObject>(Type.Object({}))),
})

/** The document a network begins with; its hash is the network's id. */
export type Genesis = Static<typeof GenesisSchema>

const genesisCheck = Compile(GenesisSchema)

/** A genesis document from a checked JSON value. Throws CRYPTO_MALFORMED. */
export function parseGenesis(value: unknown): Genesis {
  if (!genesisCheck.Check(value)) throw malformed('not a genesis document of version 1')
  return value
}

/** The id of a network: the SHA-256 of its genesis document's canonical JSON. */
export const networkIdOf = (genesis: Genesis): NetworkId => NetworkId.fromBytes(sha256(canonicalJsonBytes(genesis)))
