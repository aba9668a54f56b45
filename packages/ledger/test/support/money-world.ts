import strict from 'node:assert/strict'
import { assert, isBorgError } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { compareBytes, taggedHash } from '@borgios/protocol'
import { checkSupply } from '../../src/execution/supply-check.ts'
import { accountOf } from '../../src/modules/accounts/account-table.ts'
import { accountsModule } from '../../src/modules/accounts/accounts-module.ts'
import { MoneyBook } from '../../src/modules/accounts/money-book.ts'
import { MoneyMoves } from '../../src/modules/accounts/money-moves.ts'
import { emissionTable } from '../../src/modules/earning/earning-records.ts'
import { dutiesOf } from '../../src/modules/earning/earning-view.ts'
import { type Member, memberTable } from '../../src/modules/members/member.ts'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import { parameterTable } from '../../src/modules/parameters/parameter-table.ts'
import { PARAMETERS, type ParameterName } from '../../src/modules/parameters/parameters.ts'
import { parametersModule } from '../../src/modules/parameters/parameters-module.ts'
import { clockTable } from '../../src/modules/service/ledger-clock.ts'
import { moneyOperations, serviceModules } from '../../src/modules/service-modules.ts'
import { ONLY } from '../../src/modules/singleton.ts'
import type { BlockContext, OperationType, StateModule } from '../../src/modules/state-module.ts'
import { supplyModule } from '../../src/modules/supply/supply-module.ts'
import { NO_SUPPLY, type Supply, supplyTable } from '../../src/modules/supply/supply-table.ts'
import { openMemoryState } from '../../src/state/final-state.ts'
import type { StateLayer } from '../../src/state/state-layer.ts'

export const DAY_MS = 24 * 3_600_000
export const GIB = 2 ** 30

const names = new Map<string, Uint8Array>()

/** An account, node or hash of which nobody needs the secret. */
export function named(name: string): Uint8Array {
  const known = names.get(name) ?? taggedHash('test-name', new TextEncoder().encode(name))
  names.set(name, known)
  return known
}

/** Nobody but the registry of members is listed before the services in a world. */
const membersModule: StateModule = { id: 5, name: 'members', tables: [memberTable], operations: [], refusals: {} }
const registry = new ModuleRegistry([parametersModule, supplyModule, accountsModule, membersModule, ...serviceModules])
const base = openMemoryState(registry.tables)

export const operations = moneyOperations

export interface WorldOptions {
  readonly parameters?: Partial<Record<ParameterName, bigint | number>>
  /** What may be minted. */
  readonly remaining?: bigint
  readonly seed?: number
}

/** A value without the classes of its bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}

/** The modules of services over one state that never becomes final: blocks are cheap. Supply is checked after each. */
export class MoneyWorld {
  readonly state: StateLayer = base.layer()
  readonly random: SeededRandom
  #height = 0
  #epoch = 0
  #timeMs = 1_700_000_000_000
  #moves = new MoneyMoves()
  /** What all moves so far made of each account, by its key in hexadecimal. */
  readonly #told = new Map<string, bigint>()

  constructor({ parameters = {}, remaining = 0n, seed = 1 }: WorldOptions = {}) {
    this.random = new SeededRandom(seed)
    const values = { accountPrice: 0n, ...parameters }
    for (const [name, value] of Object.entries(values)) this.setParameter(name as ParameterName, value)
    this.state.set(emissionTable, true, remaining)
    this.block()
  }

  get epoch(): number {
    return this.#epoch
  }

  get supply(): Supply {
    return this.state.get(supplyTable, ONLY) ?? NO_SUPPLY
  }

  setParameter(name: ParameterName, value: bigint | number): void {
    this.state.set(parameterTable, PARAMETERS[name].number, { value: BigInt(value), later: undefined })
  }

  fund(name: string, amount: bigint): void {
    const { money } = this.#context()
    money.mint(amount)
    money.give(named(name), amount, { reason: 'transfer', subject: named('nobody') })
  }

  fundTreasury(amount: bigint): void {
    const { money } = this.#context()
    money.mint(amount)
    money.giveTreasury(amount)
  }

  /** A member whose earnings go to the account of its operator. */
  join(node: string, operator: string, deposit = 100_000_000n): void {
    this.#context().money.mint(deposit)
    const member: Member = {
      state: 'active',
      operator: named(operator),
      account: named(operator),
      payer: named(operator),
      sponsor: undefined,
      deposit,
      sponsored: 0,
      joinedEpoch: 0,
      freeEpoch: 0,
      capacityBytes: 2 ** 40,
      cores: 8,
      release: '0.1.0',
    }
    this.state.set(memberTable, named(node), member)
  }

  member(node: string): Member {
    const member = this.state.get(memberTable, named(node))
    assert(member !== undefined, 'the node joined')
    return member
  }

  setMember(node: string, changes: Partial<Member>): void {
    this.state.set(memberTable, named(node), { ...this.member(node), ...changes })
  }

  balance(name: string): bigint {
    return accountOf(this.state, named(name))?.balance ?? 0n
  }

  /** One block, so many milliseconds after the last. */
  block(afterMs = 1_000): void {
    this.#height += 1
    this.#timeMs += afterMs
    for (const module of registry.modules) module.onBlock?.(this.#context())
    this.#check()
  }

  /** Blocks of 30 seconds, as many as a time takes: the ledger's clock goes no faster. */
  pass(durationMs: number): void {
    for (let left = durationMs; left > 0; left -= 30_000) this.block(Math.min(left, 30_000))
  }

  /** One block after a time in which there were none, though the ledger's clock went on: everything that was due comes late. */
  jump(durationMs: number): void {
    const clock = this.state.get(clockTable, true)
    assert(clock !== undefined, 'there was a block')
    this.state.set(clockTable, true, { ...clock, nowMs: clock.nowMs + durationMs - 1 })
    this.block(1)
  }

  endEpoch(): void {
    const nextBeacon = this.#beacon(this.#epoch + 1)
    for (const module of registry.modules) module.onEpochEnd?.({ ...this.#context(), nextBeacon })
    for (const module of registry.modules) module.onEpochEnded?.({ ...this.#context(), nextBeacon })
    this.#check()
    this.#epoch += 1
  }

  /** What a transaction of one operation does: `done`, or the code of what refused it. */
  send<Body>(sender: string | Uint8Array, type: OperationType<Body>, body: Body): string {
    const account = typeof sender === 'string' ? named(sender) : sender
    const bytes = type.encode(body).slice()
    try {
      const context = { ...this.#context(), sender: account, transaction: named('tx') }
      this.#moves.attempt(() => this.state.attempt(() => type.apply(context, type.decode(bytes))))
      return 'done'
    } catch (error) {
      if (!isBorgError(error)) throw error
      assert(registry.statusOf(error.code) !== undefined, `the refusal ${error.code} has a number`)
      return error.code
    }
  }

  /** Throws unless it is done. */
  must<Body>(sender: string | Uint8Array, type: OperationType<Body>, body: Body): void {
    const result = this.send(sender, type, body)
    assert(result === 'done', `${type.name}: ${result}`)
  }

  /** An auditor reports on all its duties. */
  report(auditor: string, passesOf: (node: Uint8Array, samples: number) => number): void {
    const duties = dutiesOf(this.state, this.#epoch, named(auditor)).filter(({ isReported }) => !isReported)
    if (duties.length === 0) return
    const findings = duties
      .map(({ node, samples }) => ({ node, passes: passesOf(node, samples) }))
      .sort((left, right) => compareBytes(left.node, right.node))
    const body = { auditor: named(auditor), epoch: this.#epoch, answers: named('answers'), findings }
    this.must(named(auditor), operations.report, body)
  }

  /** Everything that was written is read back as it was, from its one encoding. */
  checkLayouts(): void {
    for (const { table, key, after } of this.state.changes()) {
      strict.deepEqual(table.encodeKey(table.decodeKey(key)), key, table.name)
      if (after !== undefined) strict.deepEqual(plain(table.decode(table.encode(after))), plain(after), table.name)
    }
  }

  /** Nothing appears or vanishes, and every balance is what the moves told of it come to. */
  #check(): void {
    checkSupply(this.state)
    const { all } = this.#moves
    this.#moves = new MoneyMoves()
    for (const { account, amount } of all) {
      const key = Buffer.from(account).toString('hex')
      this.#told.set(key, (this.#told.get(key) ?? 0n) + amount)
    }
    for (const { account } of all) {
      const told = this.#told.get(Buffer.from(account).toString('hex'))
      strict.equal(told, accountOf(this.state, account)?.balance ?? 0n, 'the moves of an account make its balance')
    }
  }

  #beacon(epoch: number): Uint8Array {
    return taggedHash('test-beacon', this.random.bytes(32), Uint8Array.of(epoch & 0xff))
  }

  #context(): BlockContext {
    return {
      state: this.state,
      money: new MoneyBook(this.state, this.#epoch, this.#moves),
      height: this.#height,
      epoch: this.#epoch,
      timeMs: this.#timeMs,
      beacon: named(`beacon ${this.#epoch}`),
      leader: named('leader'),
    }
  }
}
