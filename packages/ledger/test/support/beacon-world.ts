import { assert } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import { type KeyAgreement, keyAgreementFromSeed } from '@borgios/crypto/native'
import { type Committee, compareBytes, type Operation } from '@borgios/protocol'
import { beaconDuties } from '../../src/modules/beacon/beacon-duties.ts'
import { BEACON_MODULE, beaconModule } from '../../src/modules/beacon/beacon-module.ts'
import { BeaconRounds, type RunningRound } from '../../src/modules/beacon/beacon-rounds.ts'
import { type BeaconRecord, beaconTable, type OpenedShare } from '../../src/modules/beacon/beacon-tables.ts'
import { DEAL, dealOperation } from '../../src/modules/beacon/deal.ts'
import { OPEN_SHARES, openSharesOperation } from '../../src/modules/beacon/open-shares.ts'
import { nextBeacon } from '../../src/modules/beacon/settlement.ts'
import { committeeTable } from '../../src/modules/members/committee-table.ts'
import { memberTable } from '../../src/modules/members/member.ts'
import type { StateModule } from '../../src/modules/state-module.ts'
import { NETWORK, SmallLedger } from './small-ledger.ts'

/** Keys of a committee, in its order. */
export function makeKeys(size: number): KeyAgreement[] {
  const keys = Array.from({ length: size }, (_, index) => keyAgreementFromSeed(new Uint8Array(32).fill(index + 1)))
  return keys.sort((one, other) => compareBytes(one.publicKey, other.publicKey))
}

export const committeeFor = (
  keys: readonly KeyAgreement[],
  epoch: number,
  weights: readonly number[] = [],
): Committee => ({
  epoch,
  validators: keys.map(({ publicKey }, index) => ({ key: publicKey, weight: weights[index] ?? 1 })),
})

/** The member that others answer for: 1 gets what it earns, 2 is its operator. */
export const OPERATED = 3

/** The same committee in every epoch, whatever the members do. */
const steadyCommittee = (keys: readonly KeyAgreement[]): StateModule => ({
  id: 200,
  name: 'steady committee',
  tables: [],
  operations: [],
  refusals: {},
  onGenesis({ state }) {
    state.set(committeeTable, 0, committeeFor(keys, 0))
    const [, account, operator, operated] = keys.map(({ publicKey }) => publicKey)
    if (account === undefined || operator === undefined || operated === undefined) return
    const nothing = {
      capacityBytes: 0,
      cores: 1,
      release: '1.0.0',
      deposit: 0n,
      sponsored: 0,
      joinedEpoch: 0,
      freeEpoch: 0,
    }
    const member = { ...nothing, state: 'active', account, operator, payer: operator, sponsor: undefined } as const
    state.set(memberTable, operated, member)
  },
  onEpochEnded: ({ state, epoch }) => state.set(committeeTable, epoch + 1, committeeFor(keys, epoch + 1)),
})

/** A ledger of one state with a committee that has real keys. */
export class BeaconWorld {
  readonly rounds = new BeaconRounds(NETWORK)
  readonly keys: readonly KeyAgreement[]
  readonly ledger: SmallLedger

  constructor(size: number, epochBlocks: number) {
    this.keys = makeKeys(size)
    const accounts = this.keys.map(({ publicKey }) => ({ account: accountIdOf(publicKey), balance: '1000000000' }))
    this.ledger = new SmallLedger({
      parameters: { epochBlocks },
      parts: { accounts },
      modules: [beaconModule(this.rounds), steadyCommittee(this.keys)],
    })
  }

  get running(): RunningRound {
    const running = this.rounds.running(this.ledger.state)
    assert(running !== undefined, 'there is a committee')
    return running
  }

  get nextHeight(): number {
    return this.ledger.chain.height + 1
  }

  key(member: number): KeyAgreement {
    const key = this.keys[member]
    assert(key !== undefined, 'a member of the committee')
    return key
  }

  /** The member's transaction with what it has to do now; undefined if that is nothing. */
  dutyOf(member: number): Uint8Array | undefined {
    const operations = beaconDuties(this.rounds, this.ledger.state, this.key(member))
    return operations.length === 0 ? undefined : this.transaction(member, operations)
  }

  deal(sender: number, dealer: number, dealing: Uint8Array): Uint8Array {
    const body = dealOperation(this.rounds).encode({ dealer, dealing })
    return this.transaction(sender, [{ module: BEACON_MODULE, kind: DEAL, body }])
  }

  open(sender: number, member: number, shares: readonly OpenedShare[]): Uint8Array {
    const body = openSharesOperation(this.rounds).encode({ member, shares })
    return this.transaction(sender, [{ module: BEACON_MODULE, kind: OPEN_SHARES, body }])
  }

  transaction(member: number, operations: readonly Operation[]): Uint8Array {
    return this.ledger.transaction(`member ${member}`, operations, { account: this.key(member).publicKey })
  }

  /** Makes a block final, with the right seal if it is an epoch's last. What became of each transaction. */
  block(transactions: readonly Uint8Array[] = []): string[] {
    const isLast = this.nextHeight === this.ledger.chain.lastHeight
    const sealed = isLast ? nextBeacon(this.rounds, this.ledger.state).beacon : undefined
    const { receipts } = this.ledger.block(transactions, this.ledger.facts({ nextBeacon: sealed }))
    return this.ledger.results(receipts)
  }

  /** Empty blocks until the next one would have this phase. */
  goTo(phase: 'deal' | 'open' | 'settle'): void {
    while (this.running.phaseAt(this.nextHeight) !== phase) this.block()
  }

  /** Empty blocks until the epoch has ended; what its beacon came to. */
  endEpoch(): BeaconRecord {
    const { epoch } = this.ledger.chain
    while (this.ledger.chain.epoch === epoch) this.block()
    const record = this.ledger.state.get(beaconTable, epoch + 1)
    assert(record !== undefined, 'every epoch leaves a beacon')
    return record
  }
}
