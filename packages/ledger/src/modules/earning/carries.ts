import type { StateWriter } from '../../state/state.ts'
import { mulDivUp, WHOLE_PPM } from '../service/money-math.ts'
import { hashLayout, tableOf, wideLayout } from '../service/records.ts'
import type { MemberBook } from '../service/service-ports.ts'

/** What a node's payments leave below a micro-unit, for the next one. */
export interface Carry {
  /** Earned and not paid: a rate times milliseconds, worth less than a micro-unit. */
  readonly value: bigint
  /** Burned beyond the share of what was earned, since that was rounded up: millionths of a micro-unit. */
  readonly burnedAhead: bigint
}

export const NO_CARRY: Carry = { value: 0n, burnedAhead: 0n }

/** By the node. None: no record. */
export const carryTable = tableOf<Uint8Array, Carry>({
  id: 69,
  name: 'carries',
  isListed: true,
  key: hashLayout,
  value: {
    write(writer, { value, burnedAhead }) {
      wideLayout.write(writer, value)
      writer.amount(burnedAhead)
    },
    read: (reader) => ({ value: wideLayout.read(reader), burnedAhead: reader.amount() }),
  },
})

export const setCarry = (state: StateWriter, node: Uint8Array, carry: Carry): void =>
  state.set(carryTable, node, carry.value === 0n && carry.burnedAhead === 0n ? undefined : carry)

/** Forgets those of nodes that are no members any more. */
export function dropCarries(state: StateWriter, members: MemberBook): void {
  const nodes = [...state.list(carryTable)].map(([node]) => node)
  for (const node of nodes) if (members.get(state, node) === undefined) state.set(carryTable, node, undefined)
}

/**
 * What is burned of a payment, in micro-units: all payments of a node together burn their share, rounded up once, and at no time less than it.
 */
export function burnedOf(
  earned: bigint,
  burnPpm: bigint,
  aheadBefore: bigint,
): Omit<Carry, 'value'> & { burned: bigint } {
  const share = earned * burnPpm
  if (share <= aheadBefore) return { burned: 0n, burnedAhead: aheadBefore - share }
  const burned = mulDivUp(share - aheadBefore, 1n, WHOLE_PPM)
  return { burned, burnedAhead: aheadBefore + burned * WHOLE_PPM - share }
}
