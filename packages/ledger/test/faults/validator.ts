/** One validator in a process of its own, over TCP and TLS, with everything on disk. Its plan comes as JSON. */
import { openSync } from 'node:fs'
import { basename } from 'node:path'
import { type Clock, isBorgError, type Logger, messageOf, NodeId, OperatorId } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { type Genesis, networkIdOf, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createPeerTree } from '@borgios/peertree'
import { DiskSegmentFiles } from '../../src/adapters/disk-segment-files.ts'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import { openDiskStorage } from '../../src/service/disk-storage.ts'
import { Ledger } from '../../src/service/ledger.ts'
import { ledgerModules } from '../../src/service/ledger-modules.ts'
import type { LedgerStorage } from '../../src/service/ledger-storage.ts'
import { genesisOf, keysOf, NETWORK, transferBy } from '../support/ledger-cluster.ts'
import { Killer, KillingSegmentFiles } from './killing.ts'
import type { Order, Report, ValidatorPlan } from './orders.ts'
import { recorded } from './said.ts'

const REPORT_MS = 100
const plan: ValidatorPlan = JSON.parse(process.argv[2] ?? '')
const signer = keysOf(`node ${plan.index}`)
const account = `sender ${plan.index}`
const killer = new Killer()

const tell = (report: Report): void => {
  if (process.connected) process.send?.(report)
}
process.once('disconnect', () => process.exit())

const clock: Clock = {
  nowMs: () => systemClock.nowMs() + plan.clockAheadMs,
  monotonicMs: () => systemClock.monotonicMs(),
}
const log = (level: string) => (text: string, fields?: unknown) =>
  tell({ kind: 'logged', level, text: `${text} ${JSON.stringify(fields ?? {})}` })
const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: log('warn'),
  error: log('error'),
  child: () => logger,
}
const ports = { clock, timers: systemTimers, random: systemRandom, logger }

const accounts = Array.from({ length: plan.validators }, (_, index) => `sender ${index}`)
const ledgerGenesis = genesisOf({
  nodes: plan.validators,
  epochBlocks: plan.epochBlocks,
  genesisMs: plan.genesisMs,
  accounts,
})
const founder = keysOf('founder')
const genesis: Genesis = {
  version: 1,
  name: 'faults',
  random: 'a'.repeat(52),
  founders: [OperatorId.fromBytes(founder.publicKey)],
}

const { modules, nextBeacon } = ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 })
const registry = new ModuleRegistry(modules)

function dyingState(storage: LedgerStorage): LedgerStorage {
  return {
    ...storage,
    // The ledger itself saves once a minute.
    async sync(final) {
      await storage.sync(final)
      killer.reach('state: before it is saved')
      await storage.save()
      killer.reach('state: after it was saved')
    },
  }
}

const openStorage = () =>
  openDiskStorage(
    { folder: plan.folder, networkId: NETWORK, genesis: ledgerGenesis },
    {
      registry,
      ...ports,
      segmentFiles: (folder) =>
        new KillingSegmentFiles(
          new DiskSegmentFiles(folder),
          basename(folder) === 'journal' ? 'journal' : 'blocks',
          killer,
        ),
    },
  )

const tree = createPeerTree(
  {
    genesis,
    certificate: signNodeCertificate(founder, {
      network: networkIdOf(genesis),
      node: NodeId.fromBytes(signer.publicKey),
      operator: OperatorId.fromBytes(founder.publicKey),
    }),
    place: '',
    release: 'test',
    services: [],
    listen: [plan.listen],
    contacts: [...plan.contacts],
  },
  { signer, ed25519: sodiumEd25519, ...ports },
)

async function openLedger(): Promise<Ledger> {
  try {
    return await Ledger.open(
      { networkId: NETWORK, timing: plan.timing },
      {
        network: recorded(tree, openSync(plan.said, 'a'), killer),
        registry,
        storage: dyingState(await openStorage()),
        signer,
        ed25519: sodiumEd25519,
        nextBeacon,
        ...ports,
      },
    )
  } catch (error) {
    tell({ kind: 'refused', code: isBorgError(error) ? error.code : 'a bug', why: messageOf(error) })
    process.disconnect()
    process.exit(1)
  }
}

const ledger = await openLedger()
ledger.onFinal(({ header, hash }) => {
  const { height, epoch, slot } = header
  tell({ kind: 'final', height, epoch, slot, hash: Buffer.from(hash).toString('hex') })
})
await tree.start()
ledger.start()
tell({ kind: 'up', address: tree.addresses()[0] ?? '' })

setInterval(() => {
  const { height, epoch, haltedWhy, impairments } = ledger.status()
  const membersUp = tree.members().filter(({ state }) => state === 'up').length
  tell({ kind: 'stands', height, epoch, haltedWhy, impairments, membersUp })
}, REPORT_MS)

if (plan.transfersPerSecond > 0) {
  const { publicKey } = keysOf(account)
  setInterval(() => {
    if (ledger.undecided(publicKey).size > 20) return
    ledger.submit(transferBy(account, 'bob', ledger.nextNonce(publicKey))).catch((error) => {
      log('warn')('a transfer was refused', { why: messageOf(error) })
    })
  }, 1_000 / plan.transfersPerSecond)
}

process.on('message', (order: Order) => {
  if (order.kind === 'die') killer.arm(order)
  else if (order.kind === 'stop') {
    ledger
      .stop()
      .then(() => tree.stop())
      .then(
        () => process.exit(),
        () => process.exit(1),
      )
  }
})
