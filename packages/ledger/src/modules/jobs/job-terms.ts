import { assert } from '@borgios/core'
import { ByteReader, ByteWriter } from '@borgios/protocol'
import { mulDiv } from '../service/money-math.ts'
import type { Layout } from '../service/records.ts'

const JOB_BYTES = 16

/** A job's id. */
export const jobLayout: Layout<Uint8Array> = {
  write(writer, job) {
    assert(job.length === JOB_BYTES, 'a job has an id of 16 bytes')
    writer.fixed(job)
  },
  read: (reader) => reader.fixed(JOB_BYTES),
}

/** What the sandbox's meter read. */
export interface MeterReading {
  /** Processor time, in milliseconds. */
  readonly cpuMs: number
  /** Memory times time: MiB times milliseconds. */
  readonly mibMs: number
}

/** What both sides agreed to when the hold was made. */
export interface JobTerms {
  /** 16 bytes. */
  readonly job: Uint8Array
  /** Micro-units for a second of processor time, and for a GiB of memory and a second. */
  readonly cpuPrice: bigint
  readonly memoryPrice: bigint
  /** The job's limits: no bill counts more. */
  readonly most: MeterReading
}

const MS_PER_SECOND = 1_000n
const MIB_MS_PER_GIB_SECOND = 1_024n * MS_PER_SECOND
const TERMS_BYTES = JOB_BYTES + 4 * 8

/** Micro-units, rounded down. */
export const jobCost = (
  { cpuPrice, memoryPrice }: Omit<JobTerms, 'job' | 'most'>,
  { cpuMs, mibMs }: MeterReading,
): bigint => mulDiv(BigInt(cpuMs), cpuPrice, MS_PER_SECOND) + mulDiv(BigInt(mibMs), memoryPrice, MIB_MS_PER_GIB_SECOND)

export const isWithin = (reading: MeterReading, most: MeterReading): boolean =>
  reading.cpuMs <= most.cpuMs && reading.mibMs <= most.mibMs

export const encodeTerms = ({ job, cpuPrice, memoryPrice, most }: JobTerms): Uint8Array =>
  new ByteWriter(TERMS_BYTES).fixed(job).amount(cpuPrice).amount(memoryPrice).u64(most.cpuMs).u64(most.mibMs).finish()

export function decodeTerms(bytes: Uint8Array): JobTerms {
  const reader = new ByteReader(bytes)
  const terms = {
    job: reader.fixed(JOB_BYTES),
    cpuPrice: reader.amount(),
    memoryPrice: reader.amount(),
    most: { cpuMs: reader.u64(), mibMs: reader.u64() },
  }
  reader.end()
  return terms
}
