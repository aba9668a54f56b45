import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { NodeId } from '@borgios/core'
import { defaultTiming, type Timing } from '../../src/consensus/epoch-options.ts'
import { committeeOf } from '../../src/modules/members/committee-table.ts'
import { chainFromGenesis, GENESIS_MS, keysOf } from '../support/ledger-cluster.ts'
import type { KillPoint, Order, Report, Standing, ValidatorPlan } from './orders.ts'
import { contradictions, readSaid } from './said.ts'

/** Far more than it takes on a busy machine. */
const PATIENCE_MS = 120_000
const PROGRAM = fileURLToPath(new URL('validator.ts', import.meta.url))

export interface ValidatorsOptions {
  readonly count: number
  readonly epochBlocks?: number
  readonly timing?: Partial<Timing>
  readonly transfersPerSecond?: number
}

/** How one process is started otherwise than the rest. */
export interface Differences {
  readonly folder?: string
  readonly said?: string
  readonly clockAheadMs?: number
  /** Words before the command, such as those that lead into a namespace. */
  readonly within?: readonly string[]
  readonly listen?: string
}

/** A block that some process called final. */
export interface Final {
  readonly height: number
  readonly epoch: number
  readonly slot: number
  readonly hash: string
}

/** One life of one validator. */
export class ValidatorProcess {
  readonly index: number
  readonly child: ChildProcess
  readonly logged: string[] = []
  address = ''
  stands: Standing | undefined
  refused: Extract<Report, { kind: 'refused' }> | undefined
  isOver = false

  constructor(index: number, child: ChildProcess) {
    this.index = index
    this.child = child
  }

  tell(order: Order): void {
    this.child.send(order)
  }

  signal(signal: NodeJS.Signals): void {
    // Some stand behind a program that led them into a namespace, which became them.
    this.child.kill(signal)
  }
}

/** Validators of one network, each a process of its own on this machine; what they call final is compared at once. */
export class Validators implements AsyncDisposable {
  readonly folder: string
  readonly #options: ValidatorsOptions
  readonly #lives: (ValidatorProcess | undefined)[] = []
  readonly #all = new Set<ValidatorProcess>()
  readonly #addresses: string[] = []
  readonly #differences: Differences[] = []
  /** By height. */
  readonly #final = new Map<number, Final>()
  readonly #watchers = new Set<() => void>()
  #fault: Error | undefined

  private constructor(folder: string, options: ValidatorsOptions) {
    this.folder = folder
    this.#options = options
  }

  /** Resolves when blocks become final at all of them. `differences`: by validator. */
  static async open(options: ValidatorsOptions, differences: readonly Differences[] = []): Promise<Validators> {
    const validators = new Validators(await mkdtemp(join(tmpdir(), 'borgios-validators-')), options)
    try {
      for (let index = 0; index < options.count; index += 1) await validators.start(index, differences[index])
      await validators.untilAllReach(1)
      return validators
    } catch (error) {
      await validators[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The validators' numbers. */
  get indices(): readonly number[] {
    return Array.from({ length: this.#options.count }, (_, index) => index)
  }

  get height(): number {
    return Math.max(0, ...this.#final.keys())
  }

  /** What runs as this validator. */
  life(index: number): ValidatorProcess {
    const life = this.#lives[index]
    assert(life !== undefined, `validator ${index} was started`)
    return life
  }

  final(height: number): Final | undefined {
    return this.#final.get(height)
  }

  folderOf = (index: number): string => this.#differences[index]?.folder ?? join(this.folder, `validator-${index}`)

  /** Starts a validator, or starts it again as it was. Resolves when it runs or has refused to. */
  async start(index: number, differences = this.#differences[index] ?? {}): Promise<ValidatorProcess> {
    this.#differences[index] = differences
    const life = this.#spawn(index, differences, this.#addresses[index])
    this.#lives[index] = life
    await this.until(() => life.address !== '' || life.isOver)
    this.#addresses[index] = life.address || (this.#addresses[index] ?? '')
    return life
  }

  /** A second process with the same key and a folder of its own. */
  async startTwin(index: number): Promise<ValidatorProcess> {
    const folder = join(this.folder, `twin-${index}`)
    const life = this.#spawn(index, { folder, said: `${folder}.said` }, undefined)
    await this.until(() => life.address !== '' || life.isOver)
    return life
  }

  /** Resolves when it is gone. */
  async end(index: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const life = this.life(index)
    life.signal(signal)
    await this.until(() => life.isOver)
  }

  /** Asks it to close all it has, and waits for that. */
  async stop(index: number): Promise<void> {
    const life = this.life(index)
    life.tell({ kind: 'stop' })
    await this.until(() => life.isOver)
  }

  async untilDeadAt(index: number, at: KillPoint, times: number): Promise<void> {
    const life = this.life(index)
    life.tell({ kind: 'die', at, times })
    await this.until(() => life.isOver)
    assert.equal(life.child.signalCode, 'SIGKILL')
  }

  /** Resolves once it holds; looked at after every report. Throws when two processes call different blocks final, and when it never holds. */
  async until(holds: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + PATIENCE_MS
    for (;;) {
      if (this.#fault !== undefined) throw this.#fault
      if (holds()) return
      if (performance.now() > deadlineMs) throw new Error(`nothing comes of it: ${JSON.stringify(this.#said())}`)
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve)
        setTimeout(resolve, 1_000).unref()
      })
    }
  }

  #said(): unknown {
    return this.#lives.map((life) => ({ stands: life?.stands, isOver: life?.isOver, logged: life?.logged.slice(-5) }))
  }

  untilReaches = (index: number, height: number): Promise<void> =>
    this.until(() => (this.life(index).stands?.height ?? 0) >= height)

  async untilAllReach(height: number, indices = this.indices): Promise<void> {
    for (const index of indices) await this.untilReaches(index, height)
  }

  /** Statements of validators that contradict each other, in all their lives. `twins`: those whose key two processes had. */
  contradictions(of = this.indices): readonly string[] {
    const committee = this.#positions()
    return of.flatMap((index) => {
      const files = readdirSync(this.folder)
        .filter((name) => name === `validator-${index}.said` || name === `twin-${index}.said`)
        .map((name) => join(this.folder, name))
      return contradictions(readSaid(files, committee[index] ?? -1)).map((what) => `validator ${index}: ${what}`)
    })
  }

  /** Place in the committee of each validator: of all members it is the same in every epoch. */
  #positions(): readonly number[] {
    const { count: nodes, epochBlocks = 1_000 } = this.#options
    const chain = chainFromGenesis({ nodes, epochBlocks })
    const keys = (committeeOf(chain.state, 0)?.validators ?? []).map(({ key }) => NodeId.fromBytes(key))
    return this.indices.map((index) => keys.indexOf(NodeId.fromBytes(keysOf(`node ${index}`).publicKey)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#all) child.kill('SIGKILL')
    const open = [...this.#all].filter(({ isOver }) => !isOver)
    await Promise.all(open.map(({ child }) => once(child, 'exit')))
    await rm(this.folder, { recursive: true, force: true })
  }

  #spawn(index: number, differences: Differences, address: string | undefined): ValidatorProcess {
    const { count, epochBlocks = 1_000, timing, transfersPerSecond = 20 } = this.#options
    const folder = join(this.folder, `validator-${index}`)
    const plan: ValidatorPlan = {
      index,
      validators: count,
      epochBlocks,
      genesisMs: GENESIS_MS,
      timing: { ...defaultTiming, ...timing },
      folder: differences.folder ?? folder,
      said: differences.said ?? `${folder}.said`,
      listen: withoutPeer(address) ?? differences.listen ?? '/ip4/127.0.0.1/tcp/0',
      contacts: this.#addresses.filter((each, other) => each !== '' && other !== index),
      clockAheadMs: differences.clockAheadMs ?? 0,
      transfersPerSecond,
    }
    const [command = execPath, ...words] = [...(differences.within ?? []), execPath, '--no-warnings', PROGRAM]
    const child = spawn(command, [...words, JSON.stringify(plan)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    const life = new ValidatorProcess(index, child)
    this.#all.add(life)
    child.stderr?.on('data', (text) => life.logged.push(`stderr: ${text}`))
    child.on('message', (report: Report) => this.#onReport(life, report))
    child.on('exit', () => {
      life.isOver = true
      this.#changed()
    })
    return life
  }

  #onReport(life: ValidatorProcess, report: Report): void {
    if (report.kind === 'up') life.address = report.address
    else if (report.kind === 'refused') life.refused = report
    else if (report.kind === 'stands') life.stands = report
    else if (report.kind === 'logged') life.logged.push(`${report.level}: ${report.text}`)
    else this.#onFinal(life, report)
    this.#changed()
  }

  #onFinal({ index }: ValidatorProcess, { height, epoch, slot, hash }: Final): void {
    const known = this.#final.get(height)
    if (known === undefined) this.#final.set(height, { height, epoch, slot, hash })
    else if (known.hash !== hash)
      this.#fault = new Error(`validator ${index} has another block at height ${height}: a fork`)
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher()
    this.#watchers.clear()
  }
}

/** An address to listen on, of one to be dialled. */
const withoutPeer = (address: string | undefined): string | undefined =>
  address === undefined || address === '' ? undefined : address.replace(/\/p2p\/.*$/, '')
