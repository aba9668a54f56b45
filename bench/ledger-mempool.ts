/** CPU of the mempool for each transaction, its signature apart: taken in, selected for a block, taken out. `--pending 20000 --seconds 8 --json` */
import { limits } from '@borgios/core'
import { type AccountView, Mempool, mapKey, RememberingVerifier } from '@borgios/ledger'
import { ACCOUNTS_MODULE, type Account, encodeTransaction, encodeTransfer, TRANSFER } from '@borgios/protocol'
import { closeReport, numberOption, progress } from './src/report.ts'

const PER_SECOND = 5_000
const BLOCKS_PER_SECOND = 5
const MOST_US = 10
const BASE_FEE = 100n
const BALANCE = 10n ** 15n

const pending = numberOption('pending', 20_000)
const seconds = numberOption('seconds', 8)
const perBlock = PER_SECOND / BLOCKS_PER_SECOND

/** Accounts whose nonces go up as their transactions become final; each has two pending at a time on average. */
class Accounts implements AccountView {
  readonly #nonces = new Map<string, number>()

  account(account: Uint8Array): Account {
    return { balance: BALANCE, nonce: this.#nonces.get(mapKey(account)) ?? 0, policy: undefined }
  }

  use(account: string): void {
    this.#nonces.set(account, (this.#nonces.get(account) ?? 0) + 1)
  }
}

const names = Array.from({ length: pending / 2 }, (_, index) => {
  const name = new Uint8Array(32).fill(index & 0xff)
  new DataView(name.buffer).setUint32(0, index)
  return name
})
const transfer = encodeTransfer({ to: new Uint8Array(32), amount: 1n, memo: new Uint8Array(0) })
const signature = new Uint8Array(64)

function encodingOf(number: number): Uint8Array {
  return encodeTransaction({
    account: names[number % names.length] ?? new Uint8Array(32),
    nonce: Math.floor(number / names.length),
    lastHeight: 100 + (number % 1_000),
    maxFeePerUnit: 1_000n,
    tipPerUnit: BigInt(1 + ((number * 7_919) % 97)),
    operations: [{ module: ACCOUNTS_MODULE, kind: TRANSFER, body: transfer }],
    signatures: [{ key: 0, signature }],
  })
}

const accounts = new Accounts()
const anySignature = { signerFromSeed: () => ({ publicKey: signature, sign: () => signature }), verify: () => true }
const mempool = new Mempool(
  { height: 0, baseFee: BASE_FEE },
  { accounts, verifier: new RememberingVerifier(anySignature, new Uint8Array(32)), unitsOf: (_, bytes) => bytes + 100 },
)
progress(`${pending} pending, ${PER_SECOND} a second, ${BLOCKS_PER_SECOND} blocks a second`)
const blocks = seconds * BLOCKS_PER_SECOND
for (let number = 0; number < pending; number += 1) mempool.add(encodingOf(number))

const cpuUs = { insert: 0, select: 0, remove: 0 }
const timed = <Result>(part: keyof typeof cpuUs, work: () => Result): Result => {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  cpuUs[part] += user + system
  return result
}
let count = 0
for (let height = 1; height <= blocks; height += 1) {
  const first = pending + (height - 1) * perBlock
  const arriving = Array.from({ length: perBlock }, (_, index) => encodingOf(first + index))
  timed('insert', () => {
    for (const bytes of arriving) mempool.add(bytes)
  })
  const request = { height, baseFee: BASE_FEE, maxBytes: limits.ledgerCodec.maxPayloadBytes, maxUnits: 1e9 }
  const selected = timed('select', () => mempool.select({ ...request, maxTransactions: perBlock }))
  for (const { account } of selected) accounts.use(account)
  const changed = selected.map(({ account }) => Buffer.from(account, 'latin1'))
  timed('remove', () => mempool.onFinal({ height, baseFee: BASE_FEE, changed }))
  count += selected.length
}
if (count !== blocks * perBlock) throw new Error(`${count} transactions were selected instead of ${blocks * perBlock}`)

const perTransaction = (us: number): number => us / count
const allUs = perTransaction(cpuUs.insert + cpuUs.select + cpuUs.remove)
closeReport({
  bench: 'ledger-mempool',
  goals: [{ name: 'us of CPU a transaction', value: allUs, bound: MOST_US, relation: 'at most' }],
  figures: {
    pending: mempool.size,
    insertUs: perTransaction(cpuUs.insert),
    selectUs: perTransaction(cpuUs.select),
    removeUs: perTransaction(cpuUs.remove),
    allUs,
  },
})
