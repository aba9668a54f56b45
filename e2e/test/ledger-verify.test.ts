import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Network } from '../src/index.ts'

interface Verified {
  readonly balance: string
  readonly isDone: boolean
  readonly fee: string
  readonly proof: {
    readonly height: number
    readonly signatures: number
    readonly validators: number
    readonly quorum: number
    readonly from: string
  }
}

test('what the ledger says is checked by who believes no node, over real processes', {
  timeout: 240_000,
}, async (t) => {
  await using network = await Network.up(4)
  const keyFile = join(network.folder, 'savings.key')
  const savings = String((await network.json(['wallet', 'create', '--out', keyFile]))['account'])
  const sent = await network.json<{ transaction: string; fee: string }>(['wallet', 'send', savings, '12.5'])
  const verify = (...words: string[]): Promise<Verified> => network.json<Verified>(['ledger', 'verify', ...words])

  await t.test('a balance and a receipt, by the signatures of a quorum, beginning with genesis', async () => {
    const { balance, proof } = await verify(savings)
    assert.deepEqual([balance, proof.from, proof.validators, proof.quorum], ['12500000', 'genesis', 4, 3])
    assert(proof.signatures >= 3)
    const receipt = await verify(sent.transaction)
    assert.deepEqual([receipt.isDone, receipt.fee, receipt.proof.from], [true, sent.fee, 'kept'])
    assert.equal((await network.json(['wallet', 'balance', savings, '--verify']))['balance'], '12500000')
    const text = await network.run(['ledger', 'verify'])
    assert.match(text.stdout, /^signed by +[34] of 4 validators of epoch 0; 3 decide$/m)
  })

  await t.test('after a stop of all nodes it goes on from what was proved', async () => {
    const before = await verify(savings)
    assert.equal(before.balance, '12500000')
    await network.json(['down'])
    await network.json(['up'])
    const after = await verify(savings)
    assert.deepEqual([after.balance, after.proof.from], ['12500000', 'kept'])
    assert(after.proof.height >= before.proof.height)
  })

  await t.test('a guest, which follows nothing, checks what members say', async () => {
    const text = join(network.folder, 'network.txt')
    await network.json(['net', 'export', '-o', text])
    await using guest = await Network.open('guest')
    await guest.json(['node', 'start', '--invitation', text, '--host', '127.0.0.1'])
    const { balance, proof } = await guest.json<Verified>(['ledger', 'verify', savings])
    assert.deepEqual([balance, proof.from, proof.quorum], ['12500000', 'genesis', 3])
    assert.equal((await guest.json<Verified>(['ledger', 'verify', sent.transaction])).isDone, true)
    const checkpoint = String((await network.json(['ledger', 'checkpoint']))['checkpoint'])
    const begun = await guest.json<Verified>(['ledger', 'verify', savings, '--checkpoint', checkpoint])
    assert.deepEqual([begun.balance, begun.proof.from], ['12500000', 'kept'])
    await rm(join(guest.folder, 'records', 'ledger.trust'))
    const anew = await guest.json<Verified>(['ledger', 'verify', savings, '--checkpoint', checkpoint])
    assert.deepEqual([anew.balance, anew.proof.from], ['12500000', 'checkpoint'])
  })
})
