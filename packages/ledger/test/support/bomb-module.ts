import { BorgError } from '@borgios/core'
import { ByteReader, ByteWriter, type Operation } from '@borgios/protocol'
import type { OperationContext, StateModule } from '../../src/modules/state-module.ts'

/** What a module with a bug may do. */
export const BOMB = {
  assertion: 1,
  unknownCode: 2,
  makesMoney: 3,
  losesMoney: 4,
  mintsForNobody: 5,
  mintsTooMuch: 6,
  emptiesTreasury: 7,
} as const

const CAUSE = { reason: 'hold', subject: new Uint8Array(32) } as const

const DEEDS: Readonly<Record<number, (context: OperationContext) => void>> = {
  [BOMB.assertion]: ({ money, sender }) => money.take(sender, -1n, CAUSE),
  [BOMB.unknownCode]: () => {
    throw new BorgError('nobody knows me', { code: 'LEDGER_NEW_CODE', kind: 'invalid' })
  },
  [BOMB.makesMoney]: ({ money, sender }) => money.give(sender, 1n, CAUSE),
  [BOMB.losesMoney]: ({ money, sender }) => money.take(sender, 1n, CAUSE),
  [BOMB.mintsForNobody]: ({ money }) => money.mint(1n),
  [BOMB.mintsTooMuch]({ money, sender }) {
    money.mint(2n ** 62n)
    money.give(sender, 2n ** 62n, CAUSE)
  },
  [BOMB.emptiesTreasury]({ money, sender }) {
    money.takeTreasury(10n ** 15n)
    money.give(sender, 10n ** 15n, CAUSE)
  },
}

/** Does what no module should. */
export const bombModule: StateModule = {
  id: 200,
  name: 'bomb',
  tables: [],
  refusals: {},
  operations: [
    {
      kind: 1,
      name: 'bomb',
      encode: (deed: number) => new ByteWriter().u8(deed).finish(),
      decode: (bytes) => new ByteReader(bytes).u8(),
      units: () => 1,
      apply: (context, deed: number) => DEEDS[deed]?.(context),
    },
  ],
}

export const bomb = (deed: number): Operation => ({ module: 200, kind: 1, body: Uint8Array.of(deed) })
