import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeBase32, OperatorId } from '@borgios/core'
import { systemClock, systemRandom } from '@borgios/core/adapters'
import { parseGenesis, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type FoundingMember, ledgerGenesis } from '@borgios/node'

/** The folder of an embedded network that has not run yet, as `up` would make it but for some rules of its ledger. */
export async function prepareFolder(
  folder: string,
  nodes: number,
  parameters: Readonly<Record<string, number | string>>,
): Promise<void> {
  const founder = await newKey(folder, 'founder.key')
  const wallet = (await newKey(join(folder, 'records'), 'wallet.key')).publicKey
  const members: FoundingMember[] = []
  for (let index = 1; index <= nodes; index += 1) {
    const its = join(folder, 'nodes', String(index))
    const node = (await newKey(its, 'node.key')).publicKey
    members.push({ node, operator: (await newKey(its, 'operator.key')).publicKey, capacityBytes: 2 ** 30 })
  }
  const governor = founder.publicKey
  const plan = { nowMs: systemClock.nowMs(), release: '0.1.0', governor, wallet, members }
  const { timeMs, modules } = ledgerGenesis(plan) as { timeMs: number; modules: { parameters: object } }
  const genesis = parseGenesis({
    version: 1,
    name: 'e2e',
    random: encodeBase32(systemRandom.bytes(32)),
    founders: [OperatorId.fromBytes(governor)],
    ledger: { timeMs, modules: { ...modules, parameters: { ...modules.parameters, values: parameters } } },
  })
  const network = { version: 1, genesis, nodes, degree: 2, host: '127.0.0.1' }
  await writeFile(join(folder, 'network.json'), JSON.stringify(network), { mode: 0o600 })
}

async function newKey(folder: string, name: string): Promise<Signer> {
  const seed = systemRandom.bytes(32)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, name), seed, { mode: 0o600 })
  return sodiumEd25519.signerFromSeed(seed)
}
