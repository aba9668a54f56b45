import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createMemoryNetwork } from '@borgios/peertree/testing'
import { ModuleRegistry } from '../src/modules/module-registry.ts'
import { openDiskStorage } from '../src/service/disk-storage.ts'
import { Ledger } from '../src/service/ledger.ts'
import { ledgerModules } from '../src/service/ledger-modules.ts'
import type { LedgerStorage } from '../src/service/ledger-storage.ts'
import { genesisOf, keysOf, NETWORK, QUICK, transferBy } from './support/ledger-cluster.ts'

const NODE = 'node 0'

/** The ledger of a network of one. */
async function openAlone(folder: string, change: (storage: LedgerStorage) => LedgerStorage): Promise<Ledger> {
  const { modules: stateModules, nextBeacon } = ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 })
  const registry = new ModuleRegistry(stateModules)
  const { peers } = createMemoryNetwork(systemClock, systemTimers, 1, () => ({
    node: NodeId.fromBytes(keysOf(NODE).publicKey),
    operator: OperatorId.fromBytes(keysOf(`operator of ${NODE}`).publicKey),
  }))
  const [network] = peers
  assert(network !== undefined)
  const storage = await openDiskStorage(
    { folder, networkId: NETWORK, genesis: genesisOf({ nodes: 1 }) },
    { registry, random: systemRandom, logger: silentLogger },
  )
  const ports = { clock: systemClock, timers: systemTimers, logger: silentLogger }
  return Ledger.open(
    { networkId: NETWORK, timing: QUICK },
    {
      ...ports,
      network,
      registry,
      storage: change(storage),
      signer: keysOf(NODE),
      ed25519: sodiumEd25519,
      nextBeacon,
    },
  )
}

const isFinal = (ledger: Ledger, id: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const stop = ledger.onFinal(() => {
      if (ledger.transactionState(id)?.kind !== 'final') return
      stop()
      resolve()
    })
  })

test('what took effect is said after a crash that came before it was noted: in full if its block is applied again', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-ledger-'))
  const [here, copy] = [join(folder, 'here'), join(folder, 'copy')]
  try {
    let disk: LedgerStorage | undefined
    let writes = 0
    const ledger = await openAlone(here, (storage) => {
      disk = storage
      const { tracked } = storage
      const first = {
        read: () => tracked.read(),
        write: async (changes: Parameters<typeof tracked.write>[0]) => {
          writes += 1
          if (writes === 1) await tracked.write(changes)
        },
      }
      return { ...storage, tracked: first }
    })
    const id = await ledger.submit(transferBy('alice', 'bob', 0))
    assert.equal(ledger.nextNonce(keysOf('alice').publicKey), 1)
    assert.equal(ledger.nextNonce(keysOf('bob').publicKey), 0)
    ledger.start()
    await isFinal(ledger, id)
    await disk?.sync({ epoch: 0, slot: 0 })
    await cp(here, copy, { recursive: true })
    await ledger.stop()

    const crashed = await openAlone(copy, (storage) => storage)
    const state = crashed.transactionState(id)
    assert(state?.kind === 'final', `it is ${state?.kind}`)
    assert.equal(state.receipt.status, 0)
    await crashed.stop()

    let again: LedgerStorage | undefined
    const saved = await openAlone(here, (storage) => {
      again = storage
      return storage
    })
    assert.deepEqual([...(again?.logged ?? [])], [], 'what stood in the log is not kept in memory')
    assert.equal(saved.transactionState(id)?.kind, 'decided')
    await saved.stop()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
