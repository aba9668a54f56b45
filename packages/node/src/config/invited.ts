import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { limits, type OperatorId } from '@borgios/core'
import { CounterSchema, OperatorIdSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { checkedFile } from './checked-file.ts'

const InvitedSchema = strictObject({
  version: Type.Literal(1),
  operator: OperatorIdSchema,
  /** For how many of its nodes the user pays the deposit. */
  nodes: Type.Integer({ minimum: 0, maximum: limits.tree.membersPerOperator }),
  notAfterMs: CounterSchema,
})

/** An operator whom the user of a records folder invited, and for how many nodes that user answers. */
export type Invited = Static<typeof InvitedSchema>

const file = checkedFile(InvitedSchema, 'the record of an invitation')
const pathOf = (records: string, operator: OperatorId): string => join(records, 'invited', `${operator}.json`)

/** Undefined for an operator whom nobody invited from here. Throws NODE_FILE_INVALID. */
export const readInvited = (records: string, operator: OperatorId): Promise<Invited | undefined> =>
  file.read(pathOf(records, operator))

/** Remembers an invitation; a later one replaces it. */
export async function rememberInvited(records: string, invited: Invited): Promise<void> {
  await mkdir(join(records, 'invited'), { recursive: true, mode: 0o700 })
  await file.write(pathOf(records, invited.operator), invited)
}
