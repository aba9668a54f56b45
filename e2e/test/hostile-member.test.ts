import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { joinAsMember, type Member, Network } from '../src/index.ts'

const DAEMONS = 3
const DEADLINE_MS = 30_000

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const endMs = performance.now() + DEADLINE_MS; !holds(); await sleep(20)) {
    if (performance.now() > endMs) throw new Error(`never ${what}`)
  }
}

const seesAll = ({ tree }: Member): boolean =>
  tree.position().state === 'attached' && tree.members().filter(({ state }) => state === 'up').length === DAEMONS + 2

/** The bytes with every `from` replaced by a `to` of the same length. */
const replaced = (bytes: Uint8Array, from: string, to: string): Uint8Array =>
  Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(from, to), 'latin1')

const holds = (bytes: Uint8Array, text: string): boolean => Buffer.from(bytes).includes(text)

test('what a hostile member alters, forges or replays reaches nobody, and the network goes on', async () => {
  await using network = await Network.up(DAEMONS)
  await using hostile = await joinAsMember(network, 'hostile')
  await until(() => hostile.tree.position().state === 'attached', 'attached')
  await using honest = await joinAsMember(network, 'honest')
  await until(() => seesAll(honest) && seesAll(hostile), 'known to all')
  const heard: unknown[] = []
  honest.tree.onBroadcast('e2e.news', ({ body }) => heard.push(body))
  const times = (text: string): number => heard.filter((body) => body === text).length
  const arrives = (text: string): Promise<void> => until(() => times(text) > 0, `heard ${text}`)

  // Every frame of it thrice, and once more after other news.
  let captured: Uint8Array | undefined
  hostile.engine.tamper = (bytes) => {
    if (!holds(bytes, 'first news')) return [bytes]
    captured = Uint8Array.from(bytes)
    return [bytes, bytes, bytes]
  }
  hostile.tree.broadcast('e2e.news', 'first news')
  await arrives('first news')
  hostile.engine.tamper = (bytes) => (captured === undefined ? [bytes] : [captured, bytes])
  hostile.tree.broadcast('e2e.news', 'other news')
  await arrives('other news')
  assert.equal(times('first news'), 1)
  assert.equal(hostile.tree.position().state, 'attached')

  const [author] = (await network.tree()).nodes.filter(({ id }) => id !== hostile.tree.self)
  assert.ok(author)
  for (const [said, from, to] of [
    ['an honest word', 'an honest word', 'a changed word'],
    ['in my own name', hostile.tree.self, author.id],
  ] as const) {
    const closed = hostile.engine.closedConnections
    hostile.engine.tamper = (bytes) => [holds(bytes, said) ? replaced(bytes, from, to) : bytes]
    hostile.tree.broadcast('e2e.news', said)
    await until(() => hostile.engine.closedConnections > closed, 'hung up')
    assert.equal(times(to), 0)
    assert.equal(times(said), 0)
    hostile.engine.tamper = (bytes) => [bytes]
    await until(() => hostile.tree.position().state === 'attached', 'attached again')
  }

  const logs = await Promise.all(
    Array.from({ length: DAEMONS }, (_, index) =>
      readFile(join(network.folder, 'nodes', String(index + 1), 'node.log'), 'utf8'),
    ),
  )
  const refusals = logs.flatMap((log) => log.split('\n')).filter((line) => line.includes('a broadcast was refused'))
  assert.ok(refusals.filter((line) => line.includes(hostile.tree.self)).length >= 2, refusals.join('\n'))
  honest.tree.broadcast('e2e.news', 'we are still here')
  await arrives('we are still here')
  assert.equal(times('a changed word'), 0)
  await until(() => seesAll(honest), 'whole again')
})
