import type { NodeId, OperatorId } from '@borgios/core'
import type { DownNotice, NodeRecord } from '@borgios/protocol'

export interface RecordFields {
  readonly place: string
  readonly release: string
  readonly services: readonly string[]
  readonly addresses: readonly string[]
  readonly sequence: number
}

/** Port: signs what this node says to the directory and checks what others say. Pure computation, so the core may call it. */
export interface DirectoryKeys {
  signRecord(fields: RecordFields): NodeRecord
  signNotice(fields: { readonly node: NodeId; readonly sequence: number }): DownNotice
  /** Network, certificate chain and signature of a record that passed its schema, at this time of day. */
  verifyRecord(record: NodeRecord, timeOfDayMs: number): boolean
  /** Whether it is no member, or no more, at this time of day: by its invitation's date or by the register. Says nothing of signatures. */
  hasExpired(record: NodeRecord, timeOfDayMs: number): boolean
  /** Whether the operator is one of the founders. */
  isFounder(operator: OperatorId): boolean
  verifyNotice(notice: DownNotice): boolean
}
