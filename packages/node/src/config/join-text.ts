import type { JsonValue } from '@borgios/core'
import { type Genesis, type Invitation, InvitationSchema, parseGenesis, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { checkedFile } from './checked-file.ts'
import { CheckpointTextSchema } from './checkpoint-file.ts'
import { AddressesSchema } from './node-config.ts'

const JoinTextSchema = strictObject({
  version: Type.Literal(1),
  genesis: Type.Unsafe<JsonValue>(Type.Unknown()),
  /** Without it a node can only be a guest. */
  invitation: Type.Optional(InvitationSchema),
  addresses: AddressesSchema,
  /** Where the ledger stands, as whoever made this believes: without it a network that is old tells a newcomer nothing it could check. */
  checkpoint: Type.Optional(CheckpointTextSchema),
})

/** All another machine needs to join: one JSON text, safe to send in the open (an invitation names its operator). */
export interface JoinText {
  readonly genesis: Genesis
  readonly invitation: Invitation | undefined
  readonly addresses: readonly string[]
  readonly checkpoint: string | undefined
}

const file = checkedFile(JoinTextSchema, 'an invitation to a network')

/** Throws NODE_FILE_INVALID or CRYPTO_MALFORMED. */
export function parseJoinText(text: string, from: string): JoinText {
  const { genesis, invitation, addresses, checkpoint } = file.parse(text, from)
  return { genesis: parseGenesis(genesis), invitation, addresses, checkpoint }
}

export function joinTextJson(text: JoinText): Static<typeof JoinTextSchema> {
  const { genesis, invitation, addresses, checkpoint } = text
  return {
    version: 1,
    genesis,
    addresses: [...addresses],
    ...(invitation === undefined ? {} : { invitation }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  }
}
