import assert from 'node:assert/strict'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { BorgError, HOUR_MS, NetworkId, NodeId, TransactionId } from '@borgios/core'
import { accountIdOf, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { LightClient } from '@borgios/light'
import {
  type Checkpoint,
  decodeCheckpoint,
  decodeFinalityProof,
  encodeCheckpoint,
  encodeFinalityProof,
  headerHash,
  type LightRequest,
  voteSigningBytes,
} from '@borgios/protocol'
import { embeddedNodeFolder, networkPaths, nodePaths } from '../src/config/data-folder.ts'
import { errorView } from '../src/daemon/error-view.ts'
import { type Outcome, oneObject, run } from './cli-run.ts'
import { type NodeFixture, openNodes, temporaryFolder } from './node-fixture.ts'

/** What waits for blocks must not wait for ever. */
const WITHIN = { timeout: 60_000 }
const SAVINGS = accountIdOf(new Uint8Array(32).fill(7))

type Lie = (request: LightRequest, honest: () => Promise<readonly Uint8Array[]>) => Promise<readonly Uint8Array[]>

/** A folder of the same user whose daemon hands out what `lie` makes of the honest answers. */
async function lyingFolder(nodes: NodeFixture, lie: { now: Lie }) {
  const temporary = await temporaryFolder()
  const folder = temporary.path
  const here = networkPaths(folder)
  await cp(networkPaths(nodes.folder).network, here.network)
  await cp(networkPaths(nodes.folder).records, here.records, { recursive: true })
  const node = embeddedNodeFolder(folder, 1)
  await mkdir(node, { recursive: true })
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/v1/ping') return response.end('{}')
    try {
      const asked = JSON.parse(await textOf(request)) as LightRequest
      const parts = await lie.now(asked, () => nodes.client(1).light(asked))
      return response.end(JSON.stringify({ parts: parts.map((part) => Buffer.from(part).toString('base64url')) }))
    } catch (error) {
      response.statusCode = 500
      return response.end(JSON.stringify({ error: errorView(error) }))
    }
  })
  await new Promise<void>((resolve) => server.listen(nodePaths(node).socket, resolve))
  return {
    folder,
    verify: (...words: string[]): Promise<Outcome> => run(['ledger', 'verify', ...words, '--json', '--data', folder]),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
      await temporary[Symbol.asyncDispose]()
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

const honestly: Lie = (_, honest) => honest()
const codeOf = ({ stdout }: Outcome): string => (oneObject(stdout) as { error: { code: string } }).error.code

async function untilHeight(nodes: NodeFixture, height: number): Promise<void> {
  while ((await nodes.client(1).ledgerStatus()).height < height) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Another block of the same height, with the signature of the one validator there is. */
function forgedBy(finality: Uint8Array, network: NetworkId, signer: Signer): Uint8Array {
  const { headers, certificate } = decodeFinalityProof(finality)
  const [last] = headers
  assert(last && headers.length === 1)
  const id = NetworkId.toBytes(network)
  const header = { ...last, stateRoot: new Uint8Array(32) }
  const subject = { ...certificate, block: headerHash(id, header) }
  const votes = [{ voter: 0, signature: signer.sign(voteSigningBytes(id, subject)) }]
  return encodeFinalityProof({ headers: [header], certificate: { ...subject, votes } })
}

test(
  'an account, a transaction and a member are checked here, and what is not there is said to be proved absent',
  WITHIN,
  async () => {
    await using nodes = await openNodes(1, '', true)
    const data = ['--data', nodes.folder]
    const sent = oneObject((await run(['wallet', 'send', SAVINGS, '1.5', '--json', ...data])).stdout)
    const said = oneObject((await run(['ledger', 'verify', SAVINGS, '--json', ...data])).stdout)
    assert.deepEqual([said['balance'], said['isOpen']], ['1500000', true])
    const { network } = nodes.daemons[0]?.services.context.identity ?? assert.fail()
    const proof = said['proof'] as Record<string, unknown>
    assert.deepEqual(
      [proof['network'], proof['signatures'], proof['quorum'], proof['from']],
      [network, 1, 1, 'genesis'],
    )

    const receipt = oneObject((await run(['ledger', 'verify', String(sent['transaction']), '--json', ...data])).stdout)
    assert.deepEqual([receipt['isDone'], receipt['fee']], [true, sent['fee']])
    assert.equal((receipt['proof'] as Record<string, unknown>)['from'], 'kept')

    const node = nodes.daemons[0]?.services.context.identity.node ?? assert.fail()
    assert.match((await run(['ledger', 'verify', node, ...data])).stdout, /^state +active$/m)
    const mine = (await run(['wallet', 'balance', '--verify', ...data])).stdout
    assert.match(mine, /^signed by +1 of 1 validators of epoch 0; 1 decide$/m)

    const nobody = accountIdOf(new Uint8Array(32).fill(8))
    const absent = await run(['ledger', 'verify', nobody, ...data])
    assert.deepEqual([absent.code, /no record of it/.test(absent.stdout)], [0, true])
    const stranger = await run(['ledger', 'verify', NodeId.fromBytes(new Uint8Array(32).fill(9)), '--json', ...data])
    assert.deepEqual([stranger.code, codeOf(stranger)], [3, 'NODE_PROVEN_ABSENT'])
    const never = await run(['ledger', 'verify', TransactionId.fromBytes(new Uint8Array(32)), '--json', ...data])
    assert.deepEqual([never.code, codeOf(never)], [3, 'LEDGER_PROOF_UNKNOWN'])
    const mistyped = await run(['ledger', 'verify', `${SAVINGS}x`, '--json', ...data])
    assert.deepEqual([mistyped.code, codeOf(mistyped)], [2, 'CRYPTO_BAD_ACCOUNT_ID'])

    const text = String(oneObject((await run(['ledger', 'checkpoint', '--json', ...data])).stdout)['checkpoint'])
    const begun = await run(['ledger', 'verify', '--checkpoint', text, '--json', ...data])
    assert.equal((oneObject(begun.stdout)['proof'] as Record<string, unknown>)['from'], 'kept', begun.stderr)
    for (const wrong of ['', 'abc', '-', text.replace(/^.{10}/, 'A'.repeat(10))]) {
      const refused = await run(['ledger', 'verify', '--checkpoint', wrong, '--json', ...data])
      assert.equal(refused.code, 2, wrong)
    }
  },
)

test('a daemon that lies is found out, and what was proved before is not taken back', WITHIN, async () => {
  await using nodes = await openNodes(1, '', true)
  await untilHeight(nodes, 1)
  const lie = { now: honestly }
  await using liar = await lyingFolder(nodes, lie)
  const seen = new Map<string, readonly Uint8Array[]>()
  lie.now = async (request, honest) => {
    const parts = await honest()
    seen.set(request.ask, parts)
    return parts
  }
  assert.equal((await liar.verify()).code, 0)
  const early = seen.get('record') ?? assert.fail()

  for (const part of [0, 1]) {
    lie.now = async (_, honest) =>
      (await honest()).map((bytes, index) =>
        index === part ? bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)) : bytes,
      )
    const outcome = await liar.verify()
    assert.match(codeOf(outcome), /^(LIGHT_|PROTOCOL_MALFORMED)/)
    assert.equal(outcome.code, 1)
  }

  await run(['wallet', 'send', SAVINGS, '1', '--data', nodes.folder])
  lie.now = honestly
  assert.equal((await liar.verify(SAVINGS)).code, 0)
  lie.now = async () => early
  const older = await liar.verify()
  assert.deepEqual([older.code, codeOf(older)], [1, 'LIGHT_ROLLED_BACK'])
})

test('nodes of another network convince nobody who has the genesis of this one', WITHIN, async () => {
  await using nodes = await openNodes(1, '', true)
  await using others = await openNodes(1, '', true)
  await untilHeight(others, 1)
  await using liar = await lyingFolder(nodes, { now: (request) => others.client(1).light(request) })
  const refused = await liar.verify()
  assert.deepEqual([refused.code, codeOf(refused)], [1, 'LIGHT_CHAIN_BROKEN'])
})

test('right after its start a network has no block yet: the command waits for the first', WITHIN, async () => {
  await using nodes = await openNodes(1, '', true)
  const lie = { now: honestly }
  await using liar = await lyingFolder(nodes, lie)
  let early = 2
  lie.now = async (_, honest) => {
    if (early-- > 0) {
      throw new BorgError('no block yet', { code: 'LEDGER_PROOF_MISSING', kind: 'unavailable', retryable: true })
    }
    return honest()
  }
  await untilHeight(nodes, 1)
  assert.equal((await liar.verify()).code, 0)
  assert.equal(early, -1)
})

test('two blocks of one height with the signatures of a quorum are kept as evidence', WITHIN, async () => {
  await using nodes = await openNodes(1, '', true)
  await untilHeight(nodes, 1)
  const { network, signer } = nodes.daemons[0]?.services.context.identity ?? assert.fail()
  const lie = { now: honestly }
  await using liar = await lyingFolder(nodes, lie)
  let honest: readonly Uint8Array[] = []
  lie.now = async (_, ask) => {
    honest = await ask()
    return honest
  }
  assert.equal((await liar.verify()).code, 0)
  lie.now = async () => [forgedBy(honest[0] ?? assert.fail(), network, signer), ...honest.slice(1)]
  const outcome = await liar.verify()
  assert.deepEqual([outcome.code, codeOf(outcome)], [1, 'LIGHT_FORK'])
  const file = join(networkPaths(liar.folder).records, 'ledger-fork.json')
  assert(outcome.stderr.includes(file))
  const { first } = JSON.parse(await readFile(file, 'utf8')) as { first: string }
  assert.equal(first, Buffer.from(honest[0] ?? []).toString('base64url'))
})

test('a checkpoint begins where nothing is known, and never takes back what was proved', WITHIN, async () => {
  await using nodes = await openNodes(1, '', true)
  await untilHeight(nodes, 1)
  const early = oneObject((await run(['ledger', 'checkpoint', '--json', '--data', nodes.folder])).stdout)
  await using liar = await lyingFolder(nodes, { now: honestly })
  const textOf = (checkpoint: Checkpoint): string => Buffer.from(encodeCheckpoint(checkpoint)).toString('base64url')
  const honest = decodeCheckpoint(new Uint8Array(Buffer.from(String(early['checkpoint']), 'base64url')))
  const proofOf = ({ stdout }: Outcome) => oneObject(stdout)['proof'] as { from: string; height: number }
  const begun = await liar.verify('--checkpoint', textOf(honest))
  assert.equal(proofOf(begun).from, 'checkpoint', begun.stderr)
  await run(['wallet', 'send', SAVINGS, '1', '--data', nodes.folder])
  const { from, height } = proofOf(await liar.verify('--checkpoint', textOf(honest)))
  assert.equal(from, 'kept')
  assert(height > honest.height)

  const [validator = assert.fail()] = honest.committee.validators
  const committee = { ...honest.committee, validators: [{ ...validator, key: new Uint8Array(32).fill(1) }] }
  for (const wrong of [
    { ...honest, committee },
    { ...honest, timeMs: honest.timeMs + 60_000 },
  ]) {
    const refused = await liar.verify('--checkpoint', textOf(wrong))
    assert.deepEqual([refused.code, codeOf(refused)], [4, 'NODE_CHECKPOINT_CONFLICT'])
  }
  assert.equal((await liar.verify()).code, 0)

  const [head = assert.fail()] = await nodes.client(1).light({ ask: 'head' })
  const [{ timeMs, ...header } = assert.fail()] = decodeFinalityProof(head).headers
  const blockHash = headerHash(honest.network, { timeMs, ...header })
  const newer = { ...honest, height: header.height, blockHash, stateRoot: header.stateRoot, timeMs }
  const past = honest.timeMs - 30 * 24 * HOUR_MS
  const old = new LightClient(
    { from: { ...honest, timeMs: past }, unbondingMs: 1 },
    { ed25519: sodiumEd25519, clock: { nowMs: () => past } },
  )
  await writeFile(join(networkPaths(liar.folder).records, 'ledger.trust'), old.save())
  assert.equal(codeOf(await liar.verify()), 'NODE_TRUST_EXPIRED')
  assert.equal(codeOf(await liar.verify('--checkpoint', textOf({ ...newer, committee }))), 'NODE_CHECKPOINT_CONFLICT')
  assert.equal(proofOf(await liar.verify('--checkpoint', textOf(newer))).from, 'checkpoint')
  assert.equal(proofOf(await liar.verify()).from, 'kept')
})

test(
  'a genesis from before the unbonding time, a damaged file and no network are said, with what to do',
  WITHIN,
  async () => {
    await using nodes = await openNodes(1, '', true)
    await untilHeight(nodes, 1)
    await using liar = await lyingFolder(nodes, { now: honestly })
    const { network, records } = networkPaths(liar.folder)
    assert.equal((await liar.verify()).code, 0)
    const trust = join(records, 'ledger.trust')
    await writeFile(trust, 'something')
    const damaged = await liar.verify()
    assert.deepEqual([damaged.code, codeOf(damaged)], [1, 'NODE_FILE_INVALID'])
    await rm(trust)
    assert.equal((await liar.verify()).code, 0)

    const document = JSON.parse(await readFile(network, 'utf8')) as { genesis: { ledger: { timeMs: number } } }
    document.genesis.ledger.timeMs -= 30 * 24 * 3_600_000
    await writeFile(network, JSON.stringify(document))
    const foreign = await liar.verify()
    assert.deepEqual([foreign.code, codeOf(foreign)], [1, 'NODE_FILE_INVALID'])
    await rm(trust)
    const old = await liar.verify()
    assert.deepEqual([old.code, codeOf(old)], [4, 'NODE_TRUST_EXPIRED'])
  },
)
