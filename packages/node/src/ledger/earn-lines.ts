import type { EarnKind, MovementKind } from '@borgios/protocol'
import type { History } from './ledger-index.ts'
import type { Movement } from './movements.ts'

/** All that moved for one job, lease, epoch, and so on. Micro-units. */
export interface EarnLine {
  readonly kind: EarnKind
  /** As that of its movements. */
  readonly subject: Uint8Array | undefined
  /** What came and what left, fees apart. */
  readonly came: bigint
  readonly left: bigint
  readonly fee: bigint
  /** Movements in it. */
  readonly times: number
  readonly fromHeight: number
  readonly toHeight: number
}

/** What an account earned and spent since a height. */
export interface Earned {
  /** `isOldest`: nothing is known of before. */
  readonly from: { readonly height: number; readonly balance: bigint; readonly isOldest: boolean }
  readonly lines: readonly EarnLine[]
}

/** Movements that tell one story share a line. */
const LINE_OF: Readonly<Record<MovementKind, EarnKind>> = {
  received: 'transfer',
  sent: 'transfer',
  fee: 'fee',
  opening: 'opening',
  other: 'other',
  tips: 'tips',
  deposit: 'deposit',
  depositBack: 'deposit',
  reporting: 'reporting',
  grant: 'grant',
  hold: 'hold',
  holdBack: 'hold',
  holdPaid: 'hold',
  jobHold: 'job',
  jobBack: 'job',
  jobPaid: 'jobRun',
  putHold: 'lease',
  putBack: 'lease',
  lease: 'lease',
  leaseBack: 'lease',
  storage: 'storage',
  emission: 'emission',
}

/** What a line comes to: what the balance changed by it. */
export const changeOf = ({ came, left, fee }: Pick<EarnLine, 'came' | 'left' | 'fee'>): bigint => came - left - fee

/** What an account earned and spent after a height, told by what it was for, in the order of their beginnings. Adds up like the history does. */
export function earnedSince({ from, movements }: Pick<History, 'from' | 'movements'>, sinceHeight: number): Earned {
  const first = movements.findIndex(({ height }) => height > sinceHeight)
  const skipped = first === -1 ? movements : movements.slice(0, first)
  const last = skipped.at(-1)
  const isSkipped = sinceHeight > from.height
  const beginning = isSkipped
    ? { height: sinceHeight, balance: last?.balance ?? from.balance, isOldest: false }
    : { ...from }
  const told = isSkipped ? movements.slice(skipped.length) : movements
  return { from: beginning, lines: linesOf(told) }
}

function linesOf(movements: readonly Movement[]): readonly EarnLine[] {
  const lines = new Map<string, EarnLine>()
  for (const { kind, subject, amount, fee, height } of movements) {
    const of = LINE_OF[kind]
    // Accounts that were opened share a line: there may be many.
    const about = of === 'opening' ? undefined : subject
    const key = `${of} ${about === undefined ? '' : Buffer.from(about).toString('hex')}`
    const before = lines.get(key)
    lines.set(key, {
      kind: of,
      subject: about,
      came: (before?.came ?? 0n) + (amount > 0n ? amount : 0n),
      left: (before?.left ?? 0n) - (amount < 0n ? amount : 0n),
      fee: (before?.fee ?? 0n) + fee,
      times: (before?.times ?? 0) + 1,
      fromHeight: before?.fromHeight ?? height,
      toHeight: height,
    })
  }
  return [...lines.values()]
}
