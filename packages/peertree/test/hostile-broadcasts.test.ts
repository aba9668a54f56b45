import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { canonicalJsonBytes, type JsonValue, limits, NodeId, parseCanonicalJson } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { type EnvelopeFields, networkIdOf, sealEnvelope } from '@borgios/crypto'
import { BULK_PROTOCOL, CONTROL_PROTOCOL } from '@borgios/protocol'
import { Libp2pEngine } from '../src/engine/libp2p-engine.ts'
import type { PeerTree } from '../src/peer-tree.ts'
import type { Session } from '../src/session/session.ts'
import { startNetwork, stopAll } from './network-support.ts'
import { genesisNamed, network, startNode, type TestNode } from './session-support.ts'
import { signerOf, until } from './support.ts'

const [VICTIM, AUTHOR, HOSTILE] = [2_000, 2_001, 2_002]

/** A member with a valid certificate that passes on whatever it likes, and has the author's key for honest envelopes. */
describe('what a hostile member passes on', () => {
  let nodes: PeerTree[]
  let hostile: TestNode
  let session: Session
  let victim: PeerTree
  const heard: JsonValue[] = []
  let sequence = Date.now() * 1000 + 1_000_000

  const envelope = (changes: Partial<EnvelopeFields> = {}, by = AUTHOR): Uint8Array => {
    sequence += 1
    const recipient = { audience: 'members' } as const
    const fields = { network, type: 'test.news', recipient, timeMs: Date.now(), sequence, body: { sequence } }
    return sealEnvelope(signerOf(by), { ...fields, ...changes })
  }
  /** Passes on an honest envelope and waits for it, so that everything before it has been looked at. */
  const settled = async (): Promise<void> => {
    const marker = { marker: sequence }
    session.sendBroadcast(envelope({ body: marker }))
    await until(() => heard.some((body) => JSON.stringify(body) === JSON.stringify(marker)), 'the honest envelope')
  }
  const hangsUp = async (bytes: Uint8Array): Promise<void> => {
    const refused = victim.counters().broadcastsRefused
    session.sendBroadcast(bytes)
    await until(() => !session.isOpen, 'the hostile member being hung up')
    assert.equal(victim.counters().broadcastsRefused, refused + 1)
    assert.deepEqual(heard, [])
  }

  before(async () => {
    nodes = await startNetwork(VICTIM, 2)
    const first = nodes[0]
    assert.ok(first)
    victim = first
    victim.onBroadcast('test.news', ({ body }) => heard.push(body))
    const signer = signerOf(HOSTILE)
    const options = { listen: ['/ip4/127.0.0.1/tcp/0'], protocols: [CONTROL_PROTOCOL, BULK_PROTOCOL] }
    hostile = await startNode({ n: HOSTILE, engine: new Libp2pEngine(options, { signer, timers: systemTimers }) })
  })
  beforeEach(async () => {
    session = await hostile.sessions.connect(victim.self, victim.addresses())
    heard.length = 0
  })
  after(async () => {
    await hostile.sessions.stop()
    await stopAll(nodes)
  })

  test('an honest envelope is taken from anybody, once: replays are not delivered', async () => {
    const bytes = envelope({ body: 'honest' })
    for (let copy = 0; copy < 5; copy += 1) session.sendBroadcast(bytes)
    await settled()
    assert.equal(heard.filter((body) => body === 'honest').length, 1)
    assert.ok(session.isOpen)
  })

  test('what was here before is dropped unread, so that it costs no signature check', async () => {
    const bytes = envelope({ body: 'first' })
    session.sendBroadcast(bytes)
    await until(() => heard.includes('first'), 'the envelope')
    const { payloadFramesRepeated, broadcastsRefused } = victim.counters()
    const altered = { ...(parseCanonicalJson(bytes) as Record<string, JsonValue>), body: 'altered' }
    session.sendBroadcast(canonicalJsonBytes(altered))
    await settled()
    assert.equal(victim.counters().payloadFramesRepeated, payloadFramesRepeated + 1)
    assert.equal(victim.counters().broadcastsRefused, broadcastsRefused)
    assert.ok(!heard.includes('altered'))
    assert.ok(session.isOpen)
  })

  for (const field of ['body', 'type', 'timeMs', 'sequence', 'from', 'audience'] as const) {
    test(`an envelope whose ${field} was altered is refused and its bearer hung up`, async () => {
      const altered = parseCanonicalJson(envelope()) as Record<string, JsonValue>
      const other: Record<typeof field, JsonValue> = {
        body: { sequence: 0 },
        type: 'test.other',
        timeMs: Number(altered['timeMs']) - 1,
        sequence: sequence + 1,
        from: NodeId.fromBytes(signerOf(VICTIM).publicKey),
        audience: 'everyone',
      }
      await hangsUp(canonicalJsonBytes({ ...altered, [field]: other[field] }))
    })
  }

  test('an old envelope, and one from the future, are dropped; their bearer stays', async () => {
    session.sendBroadcast(envelope({ timeMs: Date.now() - limits.envelope.maxAgeMs - 5_000, body: 'old' }))
    session.sendBroadcast(envelope({ timeMs: Date.now() + limits.envelope.maxAheadMs + 5_000, body: 'ahead' }))
    await settled()
    assert.ok(!heard.includes('old') && !heard.includes('ahead'))
    assert.ok(session.isOpen)
  })

  test('an envelope of another network, a letter to one node and plain garbage cost the session', async () => {
    await hangsUp(envelope({ network: networkIdOf(genesisNamed('other')) }))
    session = await hostile.sessions.connect(victim.self, victim.addresses())
    await hangsUp(envelope({ recipient: { to: victim.self } }))
    session = await hostile.sessions.connect(victim.self, victim.addresses())
    await hangsUp(new TextEncoder().encode('{}'))
  })

  test('a guest that broadcasts is hung up, whoever signed', async () => {
    const signer = signerOf(2_100)
    const options = { listen: ['/ip4/127.0.0.1/tcp/0'], protocols: [CONTROL_PROTOCOL, BULK_PROTOCOL] }
    const engine = new Libp2pEngine(options, { signer, timers: systemTimers })
    const guest = await startNode({ n: 2_100, role: 'guest', engine })
    session = await guest.sessions.connect(victim.self, victim.addresses())
    await hangsUp(envelope())
    await guest.sessions.stop()
  })
})
