/** One validator in a process of its own: PeerTree over TCP and TLS, the ledger on disk. Told what to do by its parent. */
import { join } from 'node:path'
import { NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { networkIdOf, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import {
  defaultTiming,
  Ledger,
  ledgerModules,
  ModuleRegistry,
  openDiskStorage,
  parseLedgerGenesis,
} from '@borgios/ledger'
import { createPeerTree, type PeerTree } from '@borgios/peertree'
import {
  type BenchNetwork,
  benchGenesis,
  networkBytesOf,
  operatorSigner,
  sendersOf,
  TransferMaker,
  validatorSigner,
} from './ledger-world.ts'
import type { Order, Reply } from './orders.ts'

/** Milliseconds. */
const HASTY = { skipMs: 400, idleMs: 2, settleMs: 10 }

const [, , indexText = '0', bench = '{}', folder = '', contact = ''] = process.argv
const index = Number(indexText)
const benchNetwork: BenchNetwork = JSON.parse(bench)
const genesis = benchGenesis(benchNetwork)
const timing = benchNetwork.isHasty ? { ...defaultTiming, ...HASTY } : defaultTiming
const network = networkBytesOf(genesis)
const signer = validatorSigner(index)
const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, logger: silentLogger }

const tell = (reply: Reply): void => {
  process.send?.(reply)
}

async function openTree(): Promise<PeerTree> {
  const node = NodeId.fromBytes(signer.publicKey)
  const founder = operatorSigner()
  const operator = OperatorId.fromBytes(founder.publicKey)
  const certificate = signNodeCertificate(founder, { network: networkIdOf(genesis), node, operator })
  const tree = createPeerTree(
    {
      genesis,
      certificate,
      place: '',
      release: 'bench',
      services: [],
      listen: ['/ip4/127.0.0.1/tcp/0'],
      contacts: contact === '' ? [] : [contact],
    },
    { signer, ed25519: sodiumEd25519, ...ports },
  )
  await tree.start()
  return tree
}

const tree = await openTree()
const { modules, nextBeacon } = ledgerModules({ network, ed25519: sodiumEd25519 })
const registry = new ModuleRegistry(modules)
const storage = await openDiskStorage(
  { folder: join(folder, String(index)), networkId: network, genesis: parseLedgerGenesis(genesis.ledger) },
  { registry, ...ports },
)
const ledger = await Ledger.open(
  { networkId: network, timing },
  { network: tree, registry, storage, signer, ed25519: sodiumEd25519, nextBeacon, ...ports },
)

/** Sends transfers and notes how long each took to be final here. */
class Load {
  readonly #maker = new TransferMaker(network, index, sendersOf(benchNetwork.validators))
  readonly #sentMs = new Map<string, number>()
  #ready: Uint8Array[] = []
  tookMs: number[] = []
  refused = 0

  prepare(transactions: number): void {
    while (this.#ready.length < transactions) this.#ready.push(this.#maker.make())
  }

  get open(): number {
    return this.#sentMs.size
  }

  send(transactions: number): void {
    if (this.#ready.length < transactions) this.prepare(transactions)
    for (const bytes of this.#ready.splice(0, transactions)) {
      const name = nameOf(bytes)
      this.#sentMs.set(name, performance.now())
      ledger.submit(bytes).catch(() => {
        this.refused += 1
        this.#sentMs.delete(name)
      })
    }
  }

  onFinal(transactions: readonly Uint8Array[]): void {
    for (const bytes of transactions) {
      const name = nameOf(bytes)
      const sentMs = this.#sentMs.get(name)
      if (sentMs === undefined) continue
      this.#sentMs.delete(name)
      this.tookMs.push(performance.now() - sentMs)
    }
  }
}

/** Account and nonce as they stand in an encoding, as the key of a map: no more of this process's time than need be. */
const nameOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 1, 1 + 32 + 8)

const load = new Load()
let finalTransactions = 0
let finalBlocks = 0
ledger.onFinal(({ transactions }) => {
  finalTransactions += transactions.length
  finalBlocks += 1
  load.onFinal(transactions)
})
ledger.start()

let isLoading = false
const TICK_MS = 10

/** Keeps so many transfers under way (`window`), or sends so many a second. */
async function work(order: Extract<Order, { kind: 'load' }>): Promise<void> {
  isLoading = true
  let sent = 0
  const startMs = performance.now()
  while (isLoading) {
    const due =
      order.window === undefined
        ? Math.floor(((performance.now() - startMs) * order.perSecond) / 1_000) - sent
        : Math.min(order.window - load.open, Math.ceil(order.window / 4))
    if (due > 0) load.send(due)
    sent += Math.max(0, due)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
}

process.on('message', (order: Order) => {
  if (order.kind === 'prepare') {
    load.prepare(order.transactions)
    tell({ kind: 'prepared' })
  } else if (order.kind === 'load') {
    work(order)
  } else if (order.kind === 'measure') {
    const { user, system } = process.cpuUsage()
    tell({
      kind: 'measured',
      finalTransactions,
      finalBlocks,
      height: ledger.status().height,
      cpuSeconds: (user + system) / 1e6,
      tookMs: load.tookMs,
      refused: load.refused,
      members: tree.members().filter(({ state }) => state === 'up').length,
      haltedWhy: ledger.status().haltedWhy ?? '',
    })
    load.tookMs = []
  } else {
    isLoading = false
    if (order.kind === 'stop') process.exit()
  }
})
// Nobody is there to tell it to stop.
process.on('disconnect', () => process.exit())
tell({ kind: 'up', address: tree.addresses()[0] ?? '' })
