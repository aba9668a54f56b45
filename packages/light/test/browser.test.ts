import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { encodeBase64Url } from '@borgios/core'
import {
  ACCOUNTS_TABLE,
  encodeAccount,
  encodeCheckpoint,
  encodeEpochProof,
  encodeFinalityProof,
  encodeReceiptProof,
  encodeStateProof,
  isLightRequest,
  type LightAnswer,
  type LightRequest,
  proveReceipt,
  receiptsRoot,
} from '@borgios/protocol'
import { build } from 'esbuild'
import type { Sent } from './browser/follow.ts'
import { Chain, named, START_MS } from './chain-maker.ts'
import { SparseState } from './sparse-state.ts'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What a page loads to read the ledger without believing anybody. */
const MAX_GZIP_BYTES = 96 * 1024

/** A program with the globals of the web that it needs, no module of Node, and no making of code from text. */
async function inBrowser(program: URL) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(program)],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'borgios',
    logLevel: 'silent',
  })
  const code = outputFiles.map((file) => file.text).join('')
  const context = createContext({ TextEncoder, TextDecoder }, { codeGeneration: { strings: false, wasm: false } })
  runInContext(code, context)
  return { context, code }
}

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
  const { context } = await inBrowser(new URL('browser/follow.ts', import.meta.url))
  const followed = runInContext(`JSON.stringify(borgios.follow(${JSON.stringify(sent)}))`, context) as string
  assert.deepEqual(JSON.parse(followed), { epoch: 2, height: 5, balance: `${2n ** 60n}`, status: 3 })
})

test('a page asks a node as JSON and checks what it answers; what it loads for that is small', async () => {
  const account = named('account')
  const receipts = [{ transaction: named('transaction'), status: 3, usedUnits: 1, feePaid: 2n }]
  const record = encodeAccount({ balance: 2n ** 60n, nonce: 0, policy: undefined })
  const state = new SparseState([[ACCOUNTS_TABLE, account, record]])
  const options = { name: 'page', epochs: 3, epochBlocks: 2, stateRoot: state.root }
  const chain = new Chain({ ...options, receiptsRoot: receiptsRoot(receipts) })
  const answers: Readonly<Record<LightRequest['ask'], () => Uint8Array[]>> = {
    checkpoint: () => [encodeCheckpoint(chain.checkpoint)],
    epochs: () => [0, 1].map((epoch) => encodeEpochProof(chain.epochProof(epoch))),
    head: () => [encodeFinalityProof(chain.proofAt(5))],
    record: () => [encodeFinalityProof(chain.proofAt(5)), encodeStateProof(state.prove(ACCOUNTS_TABLE, account))],
    headers: () => assert.fail('no block is that old'),
    receipt: () => [encodeFinalityProof(chain.proofAt(4)), encodeReceiptProof(proveReceipt(receipts, 0))],
  }
  const { context, code } = await inBrowser(new URL('browser/read.ts', import.meta.url))
  context['ask'] = async (text: string) => {
    const request: unknown = JSON.parse(text)
    assert(isLightRequest(request))
    return JSON.stringify({ parts: answers[request.ask]().map(encodeBase64Url) } satisfies LightAnswer)
  }
  const beginning = {
    checkpoint: hexOf(encodeCheckpoint(chain.checkpoint)),
    nowMs: START_MS,
    account: hexOf(account),
    transaction: hexOf(named('transaction')),
  }
  const read: unknown = await runInContext(`borgios.read(${JSON.stringify(beginning)}, ask)`, context)
  assert(typeof read === 'string')
  assert.deepEqual(JSON.parse(read), { height: 5, balance: `${2n ** 60n}`, status: 3, signatures: 4 })
  assert(gzipSync(code).length < MAX_GZIP_BYTES, `${gzipSync(code).length} bytes`)
})
