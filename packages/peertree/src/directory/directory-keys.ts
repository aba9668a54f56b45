import type { NodeId } from '@borgios/core'
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
  /** Network, certificate chain and signature of a record that passed its schema. */
  verifyRecord(record: NodeRecord): boolean
  verifyNotice(notice: DownNotice): boolean
}
