import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { decodeBase64Url, NetworkId, type NodeId, type ShardId } from '@borgios/core'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { PeerStream, StreamMessage } from '@borgios/peertree'
import { type AuditRequest, auditRequestCheck, STORE_AUDIT_PROTOCOL } from '@borgios/protocol'
import { AuditAnswers, type ShownShard } from '../src/audit/audit-answers.ts'
import { challengeOf } from '../src/audit/challenge.ts'
import { LEAF_BYTES, leafCountOf } from '../src/coding/merkle.ts'
import { proveLeaves } from '../src/coding/merkle-path.ts'
import { type StoreCluster, signerOf } from './store-cluster.ts'

const NOTHING = new Uint8Array()

/** What a forger puts in place of what is asked for or of what it is. */
export interface Forgery {
  /** Whose leaves it draws. */
  readonly node?: NodeId
  readonly beacon?: Uint8Array
  readonly epoch?: number
  /** Index of the node in whose name it signs. */
  readonly signedBy?: number
  readonly network?: NetworkId
}

/** A node's shards; undefined: it does not have it. */
export type ShardsOf = (shard: ShardId) => Uint8Array | undefined

/** An audit's answer as the holder of this index would give it, of the shards on its disk or others, but for the forgery. */
export function answerOf(
  cluster: StoreCluster,
  index: number,
  request: AuditRequest,
  forgery: Forgery = {},
  shardsOf: ShardsOf = (shard) => readFileSync(cluster.shardPath(index, shard)),
): StreamMessage[] {
  const node = forgery.node ?? cluster.node(index).peer.self
  const beacon = forgery.beacon ?? decodeBase64Url(request.beacon) ?? NOTHING
  const shown: ShownShard[] = []
  const messages: StreamMessage[] = []
  for (const { shard, bytes, count } of request.shards) {
    const file = shardsOf(shard)
    if (file === undefined) {
      shown.push({ shard, bytes: 0, leaves: [] })
      messages.push({ header: { outcome: 'held', bytes: 0 }, payload: NOTHING })
      continue
    }
    const leaves = challengeOf({ beacon, node, shard, leaves: leafCountOf(bytes), count })
    const proven = proveLeaves(file, leaves)
    shown.push({
      ...{ shard, bytes },
      leaves: proven.leaves.map(({ hash }, at) => ({ leaf: leaves[at] ?? 0, hash })),
    })
    for (const [at, { path }] of proven.leaves.entries()) {
      const from = (leaves[at] ?? 0) * LEAF_BYTES
      messages.push({
        header: { outcome: 'leaf' },
        payload: Buffer.concat([file.subarray(from, from + LEAF_BYTES), path]),
      })
    }
  }
  const network = forgery.network ?? NetworkId.fromBytes(new Uint8Array(32))
  const answers = new AuditAnswers(network, signerOf(forgery.signedBy ?? index), sodiumEd25519)
  const signature = answers.sign({ epoch: forgery.epoch ?? request.epoch, bytes: beacon }, shown)
  return [...messages, { header: { outcome: 'signed', signature }, payload: NOTHING }]
}

/** Makes a node answer audits as `answer` says. */
export function forgeAudits(
  cluster: StoreCluster,
  index: number,
  answer: (request: AuditRequest, stream: PeerStream) => readonly StreamMessage[] | Promise<readonly StreamMessage[]>,
): void {
  cluster.node(index).peer.handleStream(STORE_AUDIT_PROTOCOL, async (stream) => {
    const message = await stream.receive()
    assert.ok(message !== undefined && auditRequestCheck.Check(message.header))
    for (const reply of await answer(message.header, stream)) await stream.send(reply)
    await stream.end()
  })
}
