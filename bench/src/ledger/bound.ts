/** What one core can check and apply: the limit beside which the ledger is measured. */
import { sodiumEd25519 } from '@borgios/crypto/native'
import {
  applyGenesisTo,
  type BlockFacts,
  buildBlock,
  chainOf,
  executeBlock,
  ledgerModules,
  ModuleRegistry,
  openMemoryState,
  parseLedgerGenesis,
  RememberingVerifier,
} from '@borgios/ledger'
import { decodeTransaction, transactionSigningBytes } from '@borgios/protocol'
import { benchGenesis, networkBytesOf, sendersOf, TransferMaker, usualNetwork } from './ledger-world.ts'

const TRANSFERS = 2_000
const ROUNDS = 5

export interface Bound {
  /** libsodium's detached check of a transfer's signature, with our check of its form. */
  readonly verifyMicros: number
  /** A transfer in a block: read, checked but for its signature, applied, its part of the state root. */
  readonly applyMicros: number
}

/** Best of some rounds, in CPU time of this process. */
function bestMicros(count: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / count)
  }
  return best
}

export function measureBound(): Bound {
  const genesis = benchGenesis(usualNetwork)
  const network = networkBytesOf(genesis)
  const maker = new TransferMaker(network, 0, sendersOf(usualNetwork.validators))
  const transfers = Array.from({ length: TRANSFERS }, () => maker.make())
  return { verifyMicros: verifyMicros(network, transfers), applyMicros: applyMicros(network, transfers) }
}

function verifyMicros(network: Uint8Array, transfers: readonly Uint8Array[]): number {
  const signed = transfers.map((bytes) => {
    const transaction = decodeTransaction(bytes)
    const signature = transaction.signatures[0]?.signature ?? new Uint8Array(64)
    return { message: transactionSigningBytes(network, transaction), signature, key: transaction.account }
  })
  return bestMicros(signed.length, () => {
    for (const { message, signature, key } of signed) {
      if (!sodiumEd25519.verify(message, signature, key)) throw new Error('a signature does not stand')
    }
  })
}

function applyMicros(network: Uint8Array, transfers: readonly Uint8Array[]): number {
  const genesis = parseLedgerGenesis(benchGenesis(usualNetwork).ledger)
  const registry = new ModuleRegistry(ledgerModules({ network, ed25519: sodiumEd25519 }).modules)
  const verifier = new RememberingVerifier(sodiumEd25519, network)
  const state = openMemoryState(registry.tables)
  applyGenesisTo(state, registry, network, genesis)
  const execution = { registry, network, verifier }
  const chain = chainOf(state)
  if (chain === undefined) throw new Error('there is a genesis')
  const { height, epoch, timeMs, baseFee } = chain
  const facts: BlockFacts = {
    height: height + 1,
    epoch,
    timeMs: timeMs + 1,
    leader: new Uint8Array(32).fill(1),
    baseFee,
    nextBeacon: undefined,
  }
  // The signatures are remembered from now on.
  const built = buildBlock(execution, state.layer(), facts, transfers)
  if (built.transactions.length !== transfers.length) throw new Error('every transfer fits')
  return bestMicros(transfers.length, () => {
    const layer = state.layer()
    executeBlock(execution, layer, facts, transfers)
    layer.root()
  })
}
