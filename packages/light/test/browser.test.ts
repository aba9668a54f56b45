import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import {
  ACCOUNTS_TABLE,
  encodeAccount,
  encodeCheckpoint,
  encodeEpochProof,
  encodeFinalityProof,
  encodeReceiptProof,
  encodeStateProof,
  proveReceipt,
  receiptsRoot,
} from '@borgios/protocol'
import { build } from 'esbuild'
import type { Sent } from './browser/follow.ts'
import { Chain, named, START_MS } from './chain-maker.ts'
import { SparseState } from './sparse-state.ts'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('with web globals only, a client goes from a checkpoint to a balance and a receipt', async () => {
  const account = named('account')
  const receipts = [{ transaction: named('transaction'), status: 3, usedUnits: 1, feePaid: 2n }]
  const state = new SparseState([
    [ACCOUNTS_TABLE, account, encodeAccount({ balance: 2n ** 60n, nonce: 0, policy: undefined })],
  ])
  const chain = new Chain({
    name: 'browser',
    epochs: 3,
    epochBlocks: 2,
    stateRoot: state.root,
    receiptsRoot: receiptsRoot(receipts),
  })
  const sent: Sent = {
    checkpoint: hexOf(encodeCheckpoint(chain.checkpoint)),
    nowMs: START_MS,
    epochs: [0, 1].map((epoch) => hexOf(encodeEpochProof(chain.epochProof(epoch)))),
    finality: hexOf(encodeFinalityProof(chain.proofAt(5))),
    state: hexOf(encodeStateProof(state.prove(ACCOUNTS_TABLE, account))),
    account: hexOf(account),
    receipt: hexOf(encodeReceiptProof(proveReceipt(receipts, 0))),
  }
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser/follow.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'borgios',
    logLevel: 'silent',
  })
  const context = createContext({ TextEncoder, TextDecoder }, { codeGeneration: { strings: false, wasm: false } })
  runInContext(outputFiles.map((file) => file.text).join(''), context)
  const followed = runInContext(`JSON.stringify(borgios.follow(${JSON.stringify(sent)}))`, context) as string
  assert.deepEqual(JSON.parse(followed), { epoch: 2, height: 5, balance: `${2n ** 60n}`, status: 3 })
})
