/** Entry of a codec thread: does one job after another, in the order they come. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '@borgios/core'
import { StripeCodec } from '../coding/stripe-codec.ts'
import { StripeMemory } from '../coding/stripe-memory.ts'
import type { CodecJob, CodecReply, CodecRequest, CodecResults, CodecWorkerData } from './codec-messages.ts'

const port = parentPort
assert(port !== null, 'this file runs as a worker only')
const { memory, module, index } = workerData as CodecWorkerData
const codec = new StripeCodec(new StripeMemory(memory), module, index)

function run(job: CodecJob): CodecResults[CodecJob['kind']] {
  switch (job.kind) {
    case 'seal':
      return codec.seal(job.place, job.plainAddress, job.key, job.stripe)
    case 'open':
      return codec.open(job.place, job.given, job.key, job.stripe, job.tags)
    case 'rebuild':
      return codec.rebuild(job.place, job.given, job.wanted)
    case 'name':
      return codec.name(job.address, job.bytes)
    case 'prove':
      return codec.prove(job.address, job.bytes, job.leaves)
  }
}

port.on('message', ({ id, job }: CodecRequest) => {
  port.postMessage({ id, result: run(job) } satisfies CodecReply)
})
