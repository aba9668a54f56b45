import type { JsonValue } from '@borgios/core'
import { CounterSchema, strictObject } from '@borgios/crypto'
import { type BlockRef, taggedHash } from '@borgios/protocol'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { genesisInvalid } from '../errors.ts'
import { MoneyBook } from '../modules/accounts/money-book.ts'
import type { ModuleRegistry } from '../modules/module-registry.ts'
import type { BlockContext } from '../modules/state-module.ts'
import type { BlockLayer } from './block-facts.ts'
import { checkSupply } from './supply-check.ts'

/** The ledger's part of a network's genesis document: what every module begins with, by the module's name. */
export const LedgerGenesisSchema = strictObject({
  /** Unix time before the first block's. */
  timeMs: CounterSchema,
  modules: Type.Record(Type.String({ maxLength: 64 }), Type.Unsafe<JsonValue>(Type.Unknown())),
})
export type LedgerGenesis = Static<typeof LedgerGenesisSchema>

const genesisCheck = Compile(LedgerGenesisSchema)
const NO_LEADER = new Uint8Array(32)

/** The beacon of the first epoch: known as soon as the network is, so nothing of value may hang on it. */
export const firstBeacon = (network: Uint8Array): Uint8Array => taggedHash('first-beacon/1', network)

/** A part of genesis from a checked JSON value; each module checks its own. Throws LEDGER_GENESIS_INVALID. */
export function parseLedgerGenesis(value: unknown): LedgerGenesis {
  if (!genesisCheck.Check(value)) throw genesisInvalid('it has not the form it must have')
  return value
}

/** What stands for the block before the first: bound to the network's 32 bytes and the root of the state that genesis made. */
export const genesisBlock = (network: Uint8Array, stateRoot: Uint8Array): BlockRef => ({
  slot: -1,
  hash: taggedHash('genesis-block/1', network, stateRoot),
})

/** Writes the state before the first block into a layer over an empty state. `network` is 32 bytes. Throws LEDGER_GENESIS_INVALID. */
export function applyGenesis(
  { registry, network }: { readonly registry: ModuleRegistry; readonly network: Uint8Array },
  state: BlockLayer,
  { timeMs, modules }: LedgerGenesis,
): void {
  const names = new Set(registry.modules.map(({ name }) => name))
  for (const name of Object.keys(modules)) if (!names.has(name)) throw genesisInvalid(`there is no module "${name}"`)
  const context: BlockContext = {
    state,
    money: new MoneyBook(state, 0),
    height: 0,
    epoch: 0,
    timeMs,
    beacon: firstBeacon(network),
    leader: NO_LEADER,
  }
  for (const module of registry.modules) module.onGenesis?.(context, modules[module.name])
  checkSupply(state)
}
