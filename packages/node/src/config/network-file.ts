import { type JsonValue, limits } from '@borgios/core'
import { strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { checkedFile } from './checked-file.ts'
import { DegreeSchema } from './node-config.ts'

const NetworkFileSchema = strictObject({
  version: Type.Literal(1),
  genesis: Type.Unsafe<JsonValue>(Type.Unknown()),
  nodes: Type.Integer({ minimum: 1, maximum: limits.node.maxEmbeddedNodes }),
  degree: DegreeSchema,
  host: Type.String({ minLength: 1, maxLength: 255 }),
})

/** An embedded network: `network.json` in its folder. The genesis is checked by `crypto.parseGenesis`. */
export type NetworkFile = Static<typeof NetworkFileSchema>
export const networkFile = checkedFile(NetworkFileSchema, 'the description of an embedded network')
