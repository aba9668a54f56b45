import { JobId, LeaseId, NodeId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { ModuleRegistry } from '@borgios/ledger'
import { ByteReader, HASH_BYTES } from '@borgios/protocol'
import type { Movement } from './movements.ts'

type Writer = (subject: Uint8Array) => string

const job: Writer = (bytes) => JobId.fromBytes(bytes)
const lease: Writer = (bytes) => LeaseId.fromBytes(bytes)
const node: Writer = (bytes) => NodeId.fromBytes(bytes.subarray(0, HASH_BYTES))
const account: Writer = (bytes) => accountIdOf(bytes)
const hold: Writer = (bytes) => Buffer.from(bytes).toString('hex')

const WRITERS: Readonly<Partial<Record<Movement['kind'], Writer>>> = {
  ...{ received: account, sent: account, opening: account },
  ...{ jobHold: job, jobBack: job, jobPaid: job },
  ...{ putHold: lease, putBack: lease, lease, leaseBack: lease },
  ...{ deposit: node, depositBack: node, reporting: node, grant: node, storage: node, emission: node },
  ...{ hold, holdBack: hold, holdPaid: hold },
}

/** The id of what a movement is about, as commands take it; of a fee the name of the operation. Null for what is about nothing else. */
export function subjectText(
  { kind, subject }: Pick<Movement, 'kind' | 'subject'>,
  registry: ModuleRegistry,
): string | null {
  if (subject === undefined) return null
  if (kind !== 'fee') return WRITERS[kind]?.(subject) ?? null
  const [module = 0, operation = 0] = subject
  return registry.operation(module, operation)?.name ?? `operation ${operation} of module ${module}`
}

/** Of what an epoch paid: its number. */
export function epochOf(subject: Uint8Array | undefined): number | undefined {
  if (subject === undefined || subject.length <= HASH_BYTES) return undefined
  return new ByteReader(subject.subarray(HASH_BYTES)).u64()
}
