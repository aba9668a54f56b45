import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { test } from 'node:test'
import { systemClock, systemRandom } from '@borgios/core/adapters'
import { nobleEd25519 } from '@borgios/crypto'
import { embeddedNodeFolder, nodePaths } from '../src/config/data-folder.ts'
import { type NodeConfig, nodeConfigFile } from '../src/config/node-config.ts'
import { configureNodes, prepareNetwork } from '../src/embedded/prepare-network.ts'
import { temporaryFolder } from './node-fixture.ts'

const modules = { clock: systemClock, random: systemRandom, ed25519: nobleEd25519 }

test('a second up keeps what the owner set, and writes only what changed', async () => {
  await using temporary = await temporaryFolder()
  const folder = temporary.path
  const configure = async (nodes: number): Promise<void> => {
    const network = await prepareNetwork({ folder, nodes, degree: undefined, host: undefined }, modules)
    await configureNodes(folder, network, new Set([1]))
  }
  const { config: path } = nodePaths(embeddedNodeFolder(folder, 1))
  await configure(2)
  const first: NodeConfig | undefined = await nodeConfigFile.read(path)
  assert(first)
  const own = {
    ...first,
    capacityBytes: 7,
    coding: { data: 1, parity: 1 },
    repairGraceMs: 9,
    jobSlots: 0,
    maxJobLimits: { memoryBytes: 1 },
    place: 'here',
  }
  await nodeConfigFile.write(path, own)
  const { ino } = await stat(path)
  await configure(2)
  assert.deepEqual(await nodeConfigFile.read(path), own)
  assert.equal((await stat(path)).ino, ino)
  await configure(3)
  const grown: NodeConfig | undefined = await nodeConfigFile.read(path)
  assert.equal(grown?.join.length, 2)
  assert.deepEqual({ ...grown, join: [] }, { ...own, join: [] })
})
