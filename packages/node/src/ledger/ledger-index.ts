import { appendFile, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, type Logger, limits, messageOf } from '@borgios/core'
import { accountOf, type FinalBlockEvent, type StateReader } from '@borgios/ledger'
import {
  ByteReader,
  ByteWriter,
  compareBytes,
  decodeReceipt,
  decodeTransaction,
  encodeReceipt,
  type Receipt,
} from '@borgios/protocol'
import { type Database, open, type RootDatabase } from 'lmdb'
import { decodeMovement, encodeMovement } from './movement-codec.ts'
import { type Movement, movementsOf, type SettledBlock } from './movements.ts'

/** What it keeps at most. */
export interface IndexBounds {
  readonly indexedTransactions: number
  readonly unindexedBlocks: number
  readonly keptMovements: number
}

export interface LedgerIndexOptions {
  /** Of its own; made when it is not there. */
  readonly folder: string
  /** 32 bytes each: accounts whose movements are kept. */
  readonly accounts: readonly Uint8Array[]
  readonly bounds?: IndexBounds
}

/** Where the state stands that the ledger begins with: blocks from there on are shown to the index. */
export interface IndexStart {
  readonly height: number
  readonly state: StateReader
}

/** Where a transaction stands. */
export interface TransactionPlace {
  readonly height: number
  readonly position: number
}

/** An account's newest movements. */
export interface History {
  /** Balance after the block of `height`, before the first of the movements. `isOldest`: nothing earlier is known. */
  readonly from: { readonly height: number; readonly balance: bigint; readonly isOldest: boolean }
  /** The oldest first. */
  readonly movements: readonly Movement[]
  readonly balance: bigint
  /** Of the last block that was looked at. */
  readonly height: number
}

/** What is known of one followed account. Movements have numbers; `first` is that of the oldest kept, `next` that of the next one. */
interface Followed {
  readonly key: Uint8Array
  height: number
  balance: bigint
  fromHeight: number
  fromBalance: bigint
  first: number
  next: number
}

interface Databases {
  readonly root: RootDatabase<Uint8Array, string>
  /** Height and position by id. */
  readonly transactions: Database<Uint8Array, Uint8Array>
  /** Receipts by height, for blocks that have any. */
  readonly receipts: Database<Uint8Array, number>
  /** By account and number. */
  readonly movements: Database<Uint8Array, Uint8Array>
}

const OVERALL = 'overall'
const RECEIPT_BYTES = 50
const PLACE_BYTES = 12

/**
 * What people ask about and the state does not say: where a transaction is, what became of it, and every change of the balances of this
 * node's user. Shown every final block in order; what it says is durable before the state is (see `beforeSave` of `openDiskStorage`), so
 * that no start can leave a gap. After a gap, as when a state was fetched from others, it begins anew and says from where on it knows.
 */
export class LedgerIndex {
  readonly #databases: Databases
  readonly #bounds: IndexBounds
  readonly #logger: Logger
  readonly #followed: Followed[] = []
  #height: number
  #count: number
  /** Transactions of this height and below are forgotten. */
  #forgottenTo = 0
  #written: Promise<unknown> = Promise.resolve()
  #hasFailed = false

  private constructor(databases: Databases, bounds: IndexBounds, logger: Logger, height: number, count: number) {
    this.#databases = databases
    this.#bounds = bounds
    this.#logger = logger
    this.#height = height
    this.#count = count
  }

  /**
   * One that cannot be read is begun anew. LMDB takes the whole process down over a damaged file, so a note counts the starts that died here.
   */
  static async open(options: LedgerIndexOptions, start: IndexStart, logger: Logger): Promise<LedgerIndex> {
    const { folder } = options
    const note = join(folder, 'opening')
    const died = (await stat(note).catch(() => undefined))?.size ?? 0
    if (died >= limits.node.indexDeaths) {
      logger.warn('the last starts died over the index of the ledger: it is begun anew', { died })
      await rm(folder, { recursive: true, force: true })
    }
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await appendFile(note, '.')
    const index = await LedgerIndex.#open(options, start, logger)
    await rm(note, { force: true })
    return index
  }

  static async #open(
    { folder, accounts, bounds = limits.node }: LedgerIndexOptions,
    start: IndexStart,
    logger: Logger,
  ): Promise<LedgerIndex> {
    const root = open<Uint8Array, string>({ path: folder, encoding: 'binary' })
    try {
      const bytes = { encoding: 'binary', keyEncoding: 'binary' } as const
      const databases = {
        root,
        transactions: root.openDB<Uint8Array, Uint8Array>({ name: 'transactions', ...bytes }),
        receipts: root.openDB<Uint8Array, number>({ name: 'receipts', encoding: 'binary' }),
        movements: root.openDB<Uint8Array, Uint8Array>({ name: 'movements', ...bytes }),
      }
      const overall = root.get(OVERALL)
      const reader = overall === undefined ? undefined : new ByteReader(new Uint8Array(overall))
      const index = new LedgerIndex(databases, bounds, logger, reader?.u64() ?? start.height, reader?.u64() ?? 0)
      for (const account of accounts) index.#follow(account, start)
      return index
    } catch (error) {
      await root.close()
      throw error
    }
  }

  /** A block is final, and this is the state after it. */
  onFinal(event: FinalBlockEvent, state: StateReader): void {
    if (this.#hasFailed) return
    const { height } = event.header
    const isNew = height > this.#height
    const behind = this.#followed.filter((one) => height > one.height)
    if (!isNew && behind.length === 0) return
    const write = async (): Promise<unknown> =>
      this.#databases.root.batch(() => {
        if (isNew) this.#addTransactions(event)
        for (const one of behind) this.#addMovements(one, event, state)
      })
    // The ledger goes on without it.
    this.#written = write().catch((error: unknown) => {
      this.#hasFailed = true
      this.#logger.error(
        'the index of the ledger cannot be written: history and "ledger tx" end here until a restart',
        {
          why: messageOf(error),
        },
      )
    })
  }

  /** Undefined for a transaction that is in no final block, or forgotten. */
  async place(id: Uint8Array): Promise<TransactionPlace | undefined> {
    await this.#settled()
    const bytes = this.#databases.transactions.get(id)
    return bytes === undefined ? undefined : readPlace(bytes)
  }

  /** Ids, of 32 bytes, that begin with these bytes. */
  async *idsFrom(beginning: Uint8Array): AsyncIterable<Uint8Array> {
    await this.#settled()
    for (const key of this.#databases.transactions.getKeys({ start: Buffer.from(beginning) })) {
      if (compareBytes(key.subarray(0, beginning.length), beginning) !== 0) return
      yield new Uint8Array(key)
    }
  }

  /** What became of the transactions of a block, in their order; undefined when there were none, or it is forgotten. */
  async receipts(height: number): Promise<readonly Receipt[] | undefined> {
    await this.#settled()
    const bytes = this.#databases.receipts.get(height)
    return bytes === undefined ? undefined : readReceipts(bytes)
  }

  /** The newest movements of an account; undefined if it is not followed here. */
  async history(account: Uint8Array, lines: number): Promise<History | undefined> {
    const one = this.#followed.find(({ key }) => compareBytes(key, account) === 0)
    if (one === undefined) return undefined
    await this.#settled()
    const { balance, height, next } = one
    const start = Math.max(one.first, next - lines)
    const movements: Movement[] = []
    const range = { start: movementKey(one.key, start), end: movementKey(one.key, next) }
    for (const { value } of this.#databases.movements.getRange(range))
      movements.push(decodeMovement(new Uint8Array(value)))
    const [first] = movements
    const isOldest = start === one.first
    if (isOldest || first === undefined) {
      return { from: { height: one.fromHeight, balance: one.fromBalance, isOldest: true }, movements, balance, height }
    }
    const before = first.balance - first.amount + first.fee
    return { from: { height: first.height - 1, balance: before, isOldest }, movements, balance, height }
  }

  /** Resolves when all it was shown is durable. */
  async flush(): Promise<void> {
    await this.#settled()
    if (!this.#hasFailed) await this.#databases.root.flushed
  }

  async close(): Promise<void> {
    await this.#settled()
    await this.#databases.root.close()
  }

  /** Resolves when nothing is under way: then the databases say what the fields say. */
  async #settled(): Promise<void> {
    for (let last: unknown; last !== this.#written; ) {
      last = this.#written
      await last
    }
  }

  #follow(key: Uint8Array, { height, state }: IndexStart): void {
    const bytes = this.#databases.root.get(nameOf(key))
    if (bytes !== undefined) {
      this.#followed.push(readFollowed(key, new Uint8Array(bytes)))
      return
    }
    const balance = accountOf(state, key)?.balance ?? 0n
    this.#followed.push({ key, height, balance, fromHeight: height, fromBalance: balance, first: 0, next: 0 })
  }

  #addTransactions({ header, receipts }: FinalBlockEvent): void {
    const { height } = header
    const { root, transactions, receipts: byHeight } = this.#databases
    for (const [position, { transaction }] of receipts.entries()) {
      transactions.put(transaction, new ByteWriter(PLACE_BYTES).u64(height).u32(position).finish())
    }
    if (receipts.length > 0) byHeight.put(height, writeReceipts(receipts))
    this.#count += receipts.length
    if (this.#count > this.#bounds.indexedTransactions) this.#forgetOldest()
    this.#height = height
    root.put(OVERALL, new ByteWriter().u64(height).u64(this.#count).finish())
  }

  #forgetOldest(): void {
    const { transactions, receipts } = this.#databases
    for (const { key, value } of receipts.getRange({
      start: this.#forgottenTo + 1,
      limit: this.#bounds.unindexedBlocks,
    })) {
      if (this.#count <= this.#bounds.indexedTransactions) return
      const forgotten = readReceipts(value)
      for (const { transaction } of forgotten) transactions.remove(transaction)
      receipts.remove(key)
      this.#forgottenTo = key
      this.#count -= forgotten.length
    }
  }

  #addMovements(one: Followed, event: FinalBlockEvent, state: StateReader): void {
    const { header, changedAccounts } = event
    const { height } = header
    const isChanged = changedAccounts.some((account) => compareBytes(account, one.key) === 0)
    if (height > one.height + 1) this.#beginAnew(one, height, accountOf(state, one.key)?.balance ?? 0n)
    else if (isChanged) {
      const after = accountOf(state, one.key)?.balance ?? 0n
      const step = { account: one.key, before: one.balance, after }
      for (const movement of movementsOf(settledOf(event), step)) {
        this.#databases.movements.put(movementKey(one.key, one.next), encodeMovement(movement))
        one.next += 1
      }
      one.balance = after
      while (one.next - one.first > this.#bounds.keptMovements) this.#forgetMovement(one)
    }
    one.height = height
    this.#databases.root.put(nameOf(one.key), writeFollowed(one))
  }

  #beginAnew(one: Followed, height: number, balance: bigint): void {
    for (; one.first < one.next; one.first += 1) this.#databases.movements.remove(movementKey(one.key, one.first))
    Object.assign(one, { balance, fromHeight: height, fromBalance: balance })
  }

  #forgetMovement(one: Followed): void {
    const key = movementKey(one.key, one.first)
    const bytes = this.#databases.movements.get(key)
    this.#databases.movements.remove(key)
    one.first += 1
    if (bytes === undefined) return
    const { height, balance } = decodeMovement(new Uint8Array(bytes))
    one.fromHeight = height
    one.fromBalance = balance
  }
}

function settledOf({ header, transactions, receipts, moves }: FinalBlockEvent): SettledBlock {
  const settled = transactions.map((bytes, position) => {
    const receipt = receipts[position]
    assert(receipt !== undefined, 'every transaction of a final block has its receipt')
    return { transaction: decodeTransaction(bytes), receipt }
  })
  const { height, epoch, timeMs } = header
  return { height, epoch, timeMs, transactions: settled, moves }
}

const nameOf = (account: Uint8Array): string => `account ${Buffer.from(account).toString('hex')}`

/** Rises with the number. */
function movementKey(account: Uint8Array, number: number): Uint8Array {
  const key = Buffer.alloc(account.length + 8)
  key.set(account)
  key.writeBigUInt64BE(BigInt(number), account.length)
  return key
}

/** Both heights u64, both balances u64, first and next number u64. */
const writeFollowed = ({ height, fromHeight, balance, fromBalance, first, next }: Followed): Uint8Array =>
  new ByteWriter().u64(height).u64(fromHeight).amount(balance).amount(fromBalance).u64(first).u64(next).finish()

function readFollowed(key: Uint8Array, bytes: Uint8Array): Followed {
  const reader = new ByteReader(bytes)
  const [height, fromHeight] = [reader.u64(), reader.u64()]
  const [balance, fromBalance] = [reader.amount(), reader.amount()]
  return { key, height, fromHeight, balance, fromBalance, first: reader.u64(), next: reader.u64() }
}

function readPlace(bytes: Uint8Array): TransactionPlace {
  const reader = new ByteReader(new Uint8Array(bytes))
  return { height: reader.u64(), position: reader.u32() }
}

const writeReceipts = (receipts: readonly Receipt[]): Uint8Array => Buffer.concat(receipts.map(encodeReceipt))

const readReceipts = (bytes: Uint8Array): Receipt[] =>
  Array.from({ length: bytes.length / RECEIPT_BYTES }, (_, position) =>
    decodeReceipt(Uint8Array.from(bytes.subarray(position * RECEIPT_BYTES, (position + 1) * RECEIPT_BYTES))),
  )
