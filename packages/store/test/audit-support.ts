import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { ShardId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import type { AuditOutcome, AuditPorts } from '@borgios/store'
import { bytesInChunks, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
export const TIMEOUT = { timeout: 300_000 }
export const BEACON = { epoch: 7, bytes: new SeededRandom(7).bytes(32) }
export const ports = (part: Partial<AuditPorts> = {}): AuditPorts => ({ beacon: { current: () => BEACON }, ...part })

/** Five nodes with a file of two stripes, and what node 0 sees of each of the others. */
export async function stored(
  options: Partial<Parameters<typeof StoreCluster.start>[0]> = {},
): Promise<{ cluster: StoreCluster; capability: string; bytes: Uint8Array }> {
  const cluster = await StoreCluster.start({ nodes: 5, audit: ports(), ...options })
  const bytes = sampleBytes(4_000_000)
  const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
  return { cluster, capability, bytes }
}

/** What node 0 sees of one node. */
export async function auditOf(cluster: StoreCluster, index: number): Promise<AuditOutcome> {
  const holder = cluster.node(index).peer.self
  const [outcome] = await cluster.node(0).store.audits.run({ holders: [holder] })
  assert.ok(outcome !== undefined)
  assert.equal(outcome.holder, holder)
  return outcome
}

/** Shards of the file's stripes on a node. Of a page of the manifest node 0 need not know. */
export const codedShards = (cluster: StoreCluster, index: number): readonly ShardId[] =>
  cluster.shardFiles(index).filter((shard) => readFileSync(cluster.shardPath(index, shard)).length > 100_000)

export const allPassed = ({ asked, passed, failedShards, disputedShards, silent }: AuditOutcome): boolean =>
  asked > 0 && passed === asked && failedShards.length === 0 && disputedShards.length === 0 && !silent
