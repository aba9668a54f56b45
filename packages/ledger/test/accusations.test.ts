import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Vote } from '@borgios/protocol'
import { decodeAccusation } from '../src/modules/members/evidence.ts'
import { Accusations } from '../src/service/accusations.ts'
import { named, SmallLedger } from './support/small-ledger.ts'

const vote = (block: number): Vote => ({
  kind: 'notar',
  epoch: 0,
  slot: 3,
  block: new Uint8Array(32).fill(block),
  voter: 0,
  signature: new Uint8Array(64).fill(block),
})

test('who contradicted himself is accused until the ledger does not know him as a member any more', () => {
  const ledger = new SmallLedger({ members: { first: 'founder', second: 'another' } })
  const accusations = new Accusations()
  const evidence = { kind: 'votes', offender: 0, first: vote(1), second: vote(2) } as const
  accusations.add(named('first'), evidence)
  accusations.add(named('first'), evidence)
  accusations.add(named('nobody'), evidence)
  const operations = accusations.duty(ledger.state)
  assert.equal(operations.length, 1)
  const body = decodeAccusation(operations[0]?.body ?? new Uint8Array())
  assert.deepEqual(Buffer.from(body.node), Buffer.from(named('first')))
  assert.equal(body.evidence.kind, 'votes')
  assert.deepEqual(accusations.duty(ledger.state), operations)
})
