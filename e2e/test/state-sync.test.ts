import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fullSlice, Network } from '../src/index.ts'

const NODES = 4
/** Few blocks make an epoch, so that the first ones are soon forgotten. */
const EPOCH_BLOCKS = 3
const HEAL_MS = 120_000

interface Status {
  readonly height: number
  readonly epoch: number
  readonly state: string
  readonly why: string
}

/** Gives a network that does not run another rule from its beginning on; nothing is left of its ledger. */
async function withShortEpochs(network: Network): Promise<void> {
  const folders = (await readdir(join(network.folder, 'nodes'))).map((name) => join(network.folder, 'nodes', name))
  const change = async (path: string, genesisOf: (text: Record<string, unknown>) => Record<string, unknown>) => {
    const text = JSON.parse(await readFile(path, 'utf8'))
    const { ledger } = genesisOf(text) as { ledger: { modules: { parameters: Record<string, unknown> } } }
    ledger.modules.parameters['values'] = { epochBlocks: EPOCH_BLOCKS }
    await writeFile(path, JSON.stringify(text))
  }
  await change(join(network.folder, 'network.json'), (text) => text['genesis'] as Record<string, unknown>)
  for (const folder of folders) {
    await change(join(folder, 'genesis.json'), (text) => text)
    await rm(join(folder, 'ledger'), { recursive: true })
    await rm(join(folder, 'checkpoint.json'), { force: true })
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + HEAL_MS
  while (!(await holds())) {
    assert(performance.now() < deadlineMs, `never ${what}`)
    await sleep(200)
  }
}

test('where the first blocks are forgotten, a new node and one that was killed come back by the state of the others', {
  timeout: 400_000,
}, async (t) => {
  await using network = await Network.up(NODES)
  await network.json(['down'])
  await withShortEpochs(network)
  await network.json(['up'])
  const keyFile = join(network.folder, 'savings.key')
  const savings = String((await network.json(['wallet', 'create', '--out', keyFile]))['account'])
  const status = (): Promise<Status> => network.json<Status>(['ledger', 'status'])
  let sent = 0
  /** Each transfer makes a block or two. */
  const sendUntil = async (holds: (now: Status) => boolean): Promise<Status> => {
    for (;;) {
      const now = await status()
      if (holds(now)) return now
      await network.json(['wallet', 'send', savings, '1'])
      sent += 1
    }
  }
  const isForgotten = async (on: Network): Promise<boolean> => {
    const outcome = await on.run(['ledger', 'block', '1'])
    return outcome.code !== 0 && /block 1 is not kept here any more.*from height \d+ on/.test(outcome.stderr)
  }

  // Once it is a member, its vote is needed when another is away: it stays up to the end.
  await using machine = await Network.open('machine')

  await t.test('blocks of old epochs are forgotten, and asking for one says so', async () => {
    await sendUntil(({ epoch }) => epoch >= 5)
    await until('forgotten', () => isForgotten(network))
  })

  await t.test('a new node gets the state, and the balances are right', async () => {
    const { operator } = await machine.json<{ operator: string }>(['node', 'init'])
    const invitation = join(machine.folder, '..', 'invitation.json')
    await network.json(['net', 'invite', operator, '-o', invitation])
    const text: { checkpoint?: string } = JSON.parse(await readFile(invitation, 'utf8'))
    assert.equal(typeof text.checkpoint, 'string', 'an invitation says where the ledger stands')
    await machine.json(['node', 'start', '--invitation', invitation, '--host', '127.0.0.1'])
    const { height } = await status()
    await until('there', async () => (await machine.json<Status>(['ledger', 'status'])).height >= height)
    const balance = await machine.json(['wallet', 'balance', savings])
    assert.equal(balance['balance'], String(sent * 1_000_000))
    assert.match(await readFile(join(machine.folder, 'node.log'), 'utf8'), /goes on from a state that others sent/)
    assert(await isForgotten(machine))
  })

  await t.test(
    'a node that was killed comes back after the others forgot what it lacks',
    { skip: !fullSlice },
    async () => {
      const tree = await network.tree()
      const killed = tree.nodes.find(({ id }) => id !== tree.root)
      assert(killed?.pid)
      const command = await readFile(`/proc/${killed.pid}/cmdline`, 'utf8')
      const folder = command.split('\0').find((word) => word.startsWith(join(network.folder, 'nodes')))
      assert(folder)
      process.kill(killed.pid, 'SIGKILL')
      const { epoch } = await status()
      await sendUntil((now) => now.epoch >= epoch + 4)
      await network.json(['up'])
      const log = (): Promise<string> => readFile(join(folder, 'node.log'), 'utf8')
      await until('back', async () => /goes on from a state that others sent/.test(await log()))
      await until('well', async () => (await status()).state === 'running')
    },
  )
})
