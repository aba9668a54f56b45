import { assert, isBorgError } from '@borgios/core'
import {
  type BlockHeader,
  type BlockRef,
  type Committee,
  committeeHash,
  compareBytes,
  decodeTransaction,
  encodePayload,
  headerHash,
  type Receipt,
} from '@borgios/protocol'
import { type Candidate, hashKey, isSameHash } from '../consensus/candidate.ts'
import { blockInvalid } from '../errors.ts'
import type { BlockFacts } from '../execution/block-facts.ts'
import type { ExecutionModules } from '../execution/block-run.ts'
import { epochSeal } from '../execution/epoch-seal.ts'
import { type BuiltBlock, buildBlock, executeBlock } from '../execution/execute-block.ts'
import { payloadHashOf, receiptsRootOf } from '../execution/native-hashes.ts'
import { accountTable } from '../modules/accounts/account-table.ts'
import type { MoneyMove } from '../modules/accounts/money-moves.ts'
import { type Chain as ChainRecord, chainOf } from '../modules/chain/chain-table.ts'
import { committeeOf, leaderAccount } from '../modules/members/committee-table.ts'
import type { FinalState } from '../state/final-state.ts'
import type { StatePoint, StateReader } from '../state/state.ts'
import type { StateLayer } from '../state/state-layer.ts'

export interface ChainModules extends ExecutionModules {
  /** Public randomness of the next epoch, as the state before an epoch's last block has it. `parent`: hash of the block before. */
  nextBeacon(state: StateReader, parent: Uint8Array): Uint8Array
}

/** A block to be made. */
export interface BlockPlan {
  readonly epoch: number
  readonly slot: number
  readonly height: number
  readonly parent: BlockRef
  /** Position in the committee. */
  readonly leader: number
  /** The leader's clock, Unix time. */
  readonly nowMs: number
  readonly isFiller: boolean
}

/** A block that was made, before its leader signed it. */
export interface MadeBlock {
  readonly header: BlockHeader
  /** 32 bytes. */
  readonly hash: Uint8Array
  readonly transactions: readonly Uint8Array[]
  readonly leftOut: BuiltBlock['leftOut']
}

/** What a final block came to. */
export interface FinalOutcome {
  readonly receipts: readonly Receipt[]
  /** 32 bytes each: accounts whose record it changed. */
  readonly changedAccounts: readonly Uint8Array[]
  /** Every change of every balance, and why: for each account together what its balance changed. */
  readonly moves: readonly MoneyMove[]
}

/** A block that was executed and is not final yet. */
interface Executed {
  readonly layer: StateLayer
  readonly header: BlockHeader
  readonly transactions: readonly Uint8Array[]
  readonly receipts: readonly Receipt[]
  readonly moves: readonly MoneyMove[]
}

/** The final state, and the blocks executed on top of it. */
export class Chain {
  readonly state: FinalState
  readonly modules: ChainModules
  #executed = new Map<string, Executed>()

  constructor(state: FinalState, modules: ChainModules) {
    this.state = state
    this.modules = modules
  }

  /** The newest final block. */
  get point(): StatePoint {
    return this.state.point
  }

  /** What the next block stands on, as of the final state. */
  get record(): ChainRecord {
    return recordOf(this.state)
  }

  /** The state after a block that was executed, or the final one. */
  stateAfter(block: Uint8Array): StateReader {
    return this.#executed.get(hashKey(block))?.layer ?? this.#final(block)
  }

  /** What a block on this parent stands on. */
  next(parent: Uint8Array): ChainRecord & { readonly state: StateReader } {
    const state = this.stateAfter(parent)
    return { ...recordOf(state), state }
  }

  /** Next nonces, by account as the key of a map, of those that have transactions in blocks up to this one which are not final yet. */
  noncesAfter(block: Uint8Array): ReadonlyMap<string, number> {
    const nonces = new Map<string, number>()
    for (let at = this.#executed.get(hashKey(block)); at !== undefined; ) {
      for (const bytes of at.transactions) {
        const { account, nonce } = decodeTransaction(bytes)
        const key = hashKey(account)
        nonces.set(key, Math.max(nonces.get(key) ?? 0, nonce + 1))
      }
      at = this.#executed.get(hashKey(at.header.parent.hash))
    }
    return nonces
  }

  isExecuted(block: Uint8Array): boolean {
    return this.#executed.has(hashKey(block))
  }

  /** Whether a block can stand on this one: it was executed and is not left behind, or is the last final one, on which no filler stands. */
  canCarry(block: Uint8Array, isFiller: boolean): boolean {
    return this.isExecuted(block) || (!isFiller && isSameHash(this.point.block, block))
  }

  /** Makes a block of some of these transactions, tried in this order, and executes it. */
  make(plan: BlockPlan, transactions: Iterable<Uint8Array>): MadeBlock {
    if (plan.isFiller) return this.#fill(plan)
    const parent = this.stateAfter(plan.parent.hash)
    const record = recordOf(parent)
    const timeMs = Math.max(plan.nowMs, record.timeMs + 1)
    const layer = this.#layerOn(plan.parent.hash)
    const facts = this.#factsOf(plan, parent, record, timeMs)
    const built = buildBlock(this.modules, layer, facts, transactions)
    const payload = encodePayload(built.transactions)
    const header: BlockHeader = {
      ...placeOf(plan),
      timeMs,
      baseFee: record.baseFee,
      usedUnits: built.usedUnits,
      payload: payloadHashOf(payload),
      stateRoot: layer.root(),
      receiptsRoot: receiptsRootOf(built.receipts),
      committee: committeeHash(committeeIn(parent, plan.epoch)),
      seal: facts.nextBeacon === undefined ? undefined : epochSeal(layer),
    }
    const hash = this.#keep({
      layer,
      header,
      transactions: built.transactions,
      receipts: built.receipts,
      moves: built.moves,
    })
    return { header, hash, transactions: built.transactions, leftOut: built.leftOut }
  }

  /** Executes a block on its parent, which was executed or is final. Throws LEDGER_BLOCK_INVALID, LEDGER_SUPPLY_BROKEN. */
  execute({ block, parent, hash, isFiller }: Candidate): void {
    if (this.isExecuted(hash)) return
    const { header, transactions } = block
    if (isFiller) {
      assertSameHeader(this.#fill(header).header, header)
      return
    }
    const before = this.stateAfter(parent.hash)
    const record = recordOf(before)
    const layer = this.#layerOn(parent.hash)
    const facts = this.#factsOf(header, before, record, header.timeMs)
    const { receipts, usedUnits, moves } = executeBlock(this.modules, layer, facts, transactions)
    const expected: BlockHeader = {
      ...header,
      usedUnits,
      stateRoot: layer.root(),
      receiptsRoot: receiptsRootOf(receipts),
      committee: committeeHash(committeeIn(before, header.epoch)),
      seal: facts.nextBeacon === undefined ? undefined : epochSeal(layer),
    }
    assertSameHeader(expected, header)
    this.#keep({ layer, header, transactions, receipts, moves })
  }

  /** Whether {@link execute} takes the block; bugs are thrown. */
  accepts(candidate: Candidate): { readonly isOk: boolean; readonly why: string } {
    try {
      this.execute(candidate)
      return { isOk: true, why: '' }
    } catch (error) {
      if (!isBorgError(error)) throw error
      return { isOk: false, why: error.message }
    }
  }

  /** The block, which follows the last final one, is final. */
  finalize({ hash, height, epoch, isLast }: Candidate): FinalOutcome {
    const executed = this.#executed.get(hashKey(hash))
    assert(executed !== undefined, 'a block is executed before it is final')
    const changedAccounts = [...executed.layer.changedKeys(accountTable)]
    this.state.finalize(executed.layer, { height, epoch, block: hash })
    // What stands on the last block of an epoch are fillers.
    const kept = isLast ? [] : [...this.#executed].filter(([, { header }]) => this.#standsOn(header, hash))
    this.#executed = new Map(kept)
    const { receipts, moves } = executed
    return { receipts, changedAccounts, moves }
  }

  /** The state became another: what was executed stands on nothing any more. */
  reset(): void {
    this.#executed.clear()
  }

  #standsOn({ parent }: BlockHeader, block: Uint8Array): boolean {
    if (isSameHash(parent.hash, block)) return true
    const above = this.#executed.get(hashKey(parent.hash))
    return above !== undefined && this.#standsOn(above.header, block)
  }

  /** An empty block above the last one of an epoch: it changes nothing. */
  #fill(plan: Omit<BlockPlan, 'nowMs' | 'isFiller'>): MadeBlock {
    const parent = this.#executed.get(hashKey(plan.parent.hash))
    assert(parent !== undefined, 'a filler stands on a block that is not final yet')
    const header: BlockHeader = {
      ...placeOf(plan),
      timeMs: parent.header.timeMs,
      baseFee: parent.header.baseFee,
      usedUnits: 0,
      payload: payloadHashOf(encodePayload([])),
      stateRoot: parent.header.stateRoot,
      receiptsRoot: receiptsRootOf([]),
      committee: parent.header.committee,
      seal: undefined,
    }
    return {
      header,
      hash: this.#keep({ layer: parent.layer, header, transactions: [], receipts: [], moves: [] }),
      transactions: [],
      leftOut: [],
    }
  }

  #factsOf(
    plan: Pick<BlockPlan, 'epoch' | 'height' | 'leader' | 'parent'>,
    parent: StateReader,
    record: ChainRecord,
    timeMs: number,
  ): BlockFacts {
    const { epoch, height } = plan
    const nextBeacon = height === record.lastHeight ? this.modules.nextBeacon(parent, plan.parent.hash) : undefined
    const { baseFee } = record
    return { height, epoch, timeMs, leader: leaderAccount(parent, epoch, plan.leader), baseFee, nextBeacon }
  }

  #layerOn(parent: Uint8Array): StateLayer {
    const executed = this.#executed.get(hashKey(parent))
    return executed === undefined ? this.#final(parent).layer() : executed.layer.layer()
  }

  #final(block: Uint8Array): FinalState {
    assert(isSameHash(this.point.block, block), 'a block stands on one that was executed or is final')
    return this.state
  }

  #keep(executed: Executed): Uint8Array {
    const hash = headerHash(this.modules.network, executed.header)
    this.#executed.set(hashKey(hash), executed)
    return hash
  }
}

/** The committee of an epoch that is under way or was decided on. */
export function committeeIn(state: StateReader, epoch: number): Committee {
  const committee = committeeOf(state, epoch)
  assert(committee !== undefined, `there is a committee for epoch ${epoch}`)
  return committee
}

function recordOf(state: StateReader): ChainRecord {
  const record = chainOf(state)
  assert(record !== undefined, 'there is a genesis')
  return record
}

const placeOf = ({ epoch, slot, height, parent, leader }: Omit<BlockPlan, 'nowMs' | 'isFiller'>) => ({
  epoch,
  slot,
  height,
  parent,
  leader,
})

function assertSameHeader(expected: BlockHeader, header: BlockHeader): void {
  const { timeMs, baseFee, usedUnits, stateRoot, receiptsRoot: receipts, committee, payload, seal } = expected
  if (header.timeMs !== timeMs || header.baseFee !== baseFee) throw blockInvalid('its time or base fee cannot be')
  if (header.usedUnits !== usedUnits) throw blockInvalid(`it used ${usedUnits} units, not ${header.usedUnits}`)
  if (compareBytes(header.payload, payload) !== 0) throw blockInvalid('its payload is another')
  if (compareBytes(header.receiptsRoot, receipts) !== 0) throw blockInvalid('its receipts come out otherwise')
  if (compareBytes(header.stateRoot, stateRoot) !== 0) throw blockInvalid('its state comes out otherwise')
  if (compareBytes(header.committee, committee) !== 0) throw blockInvalid('it names another committee')
  if (!isSameSeal(header.seal, seal)) throw blockInvalid('its seal comes out otherwise')
}

function isSameSeal(left: BlockHeader['seal'], right: BlockHeader['seal']): boolean {
  if (left === undefined || right === undefined) return left === right
  return (
    left.lastHeight === right.lastHeight &&
    compareBytes(left.beacon, right.beacon) === 0 &&
    compareBytes(left.nextCommittee, right.nextCommittee) === 0
  )
}
