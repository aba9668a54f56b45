import type { NodeId } from '@borgios/core'
import type { TreeMessage } from '@borgios/protocol'
import fc from 'fast-check'
import { noticeOf, recordOf } from './tree-bench.ts'

const small = fc.nat({ max: 4 })
const level = fc.nat({ max: 64 })
const huge = fc.constantFrom(0, 1, 2, 2 ** 32)
const digest = fc.constantFrom('0'.repeat(16), 'f'.repeat(16))

/** Any message a hostile member may send that passes the schema, about these nodes and few edges, so that much of it hits. */
export function treeMessages(nodes: readonly NodeId[]): fc.Arbitrary<TreeMessage> {
  const node = fc.constantFrom(...nodes)
  const some = fc.array(node, { minLength: 1, maxLength: 5 })
  const contact = fc.record({ node, addresses: fc.constantFrom<string[]>([], ['/test/x']) })
  const tree = fc.record({ root: node, term: huge, born: fc.constantFrom(0, 5, 2 ** 48) })
  const signature = fc.constantFrom('A'.repeat(86), 'B'.repeat(86))
  const record = fc
    .tuple(node, fc.constantFrom(0, 1, 2, Number.MAX_SAFE_INTEGER - 1), signature)
    .map(([of, sequence, signed]) => recordOf(of, sequence, signed))
  const notice = fc
    .tuple(node, small, node, signature)
    .map(([of, sequence, by, signed]) => noticeOf(of, sequence, by, signed))
  const above = fc.record(
    {
      tree,
      pulse: fc.constantFrom(0, 7, 2 ** 48),
      path: some,
      rooted: fc.boolean(),
      freeDepth: level,
      group: fc.array(contact, { maxLength: 4 }),
    },
    { requiredKeys: ['tree', 'pulse', 'path', 'rooted', 'freeDepth'] },
  )
  const below = fc.record({
    count: fc.integer({ min: 1, max: 4_096 }),
    height: level,
    freeLevels: level,
    freeSlots: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
    census: digest,
  })
  const ids = fc.array(fc.record({ from: node, sequences: fc.array(small, { minLength: 1, maxLength: 4 }) }), {
    maxLength: 3,
  })
  const kind = <Kind extends TreeMessage['kind']>(name: Kind) => fc.constant(name)
  return fc.oneof(
    fc.record(
      {
        kind: kind('attach'),
        edge: small,
        why: fc.constantFrom('join' as const, 'heal' as const, 'move' as const, 'merge' as const),
        depth: level,
        hops: level,
        tree,
        record,
        below,
      },
      { requiredKeys: ['kind', 'edge', 'why', 'depth', 'hops'] },
    ),
    fc.record({ kind: kind('accept'), edge: small, above, record }, { requiredKeys: ['kind', 'edge'] }),
    fc.record({ kind: kind('redirect'), edge: small, to: contact }),
    fc.record({
      kind: kind('refuse'),
      edge: small,
      reason: fc.constantFrom('orphan' as const, 'lesser' as const, 'unlisted' as const),
    }),
    fc.record({ kind: kind('detach'), edge: small, reason: fc.constantFrom('moved' as const, 'unknown' as const) }),
    fc.record(
      {
        kind: kind('beat'),
        as: fc.constantFrom('parent' as const, 'child' as const, 'lazy' as const),
        edge: small,
        above,
        below,
        directory: digest,
        ack: huge,
      },
      { requiredKeys: ['kind', 'as', 'edge', 'ack'] },
    ),
    fc.record({ kind: kind('have'), after: huge, upTo: huge, ids }),
    fc.record({ kind: kind('want'), ids }),
    fc.record({ kind: kind('probe'), nonce: small, tree }),
    fc.record({ kind: kind('status'), nonce: small, tree }, { requiredKeys: ['kind', 'nonce'] }),
    fc.record({ kind: kind('meet'), tree, at: contact }),
    fc.record({ kind: kind('lazy'), edge: small }),
    fc.record({ kind: kind('lazyReply'), edge: small, ok: fc.boolean() }),
    fc.record({ kind: kind('censusAsk'), edge: small }),
    fc.record({
      kind: kind('census'),
      edge: small,
      part: fc.nat({ max: 1_023 }),
      parts: fc.constantFrom(1, 2, 1_024),
      nodes: some,
    }),
    fc.record({
      kind: kind('directoryEntries'),
      records: fc.array(record, { maxLength: 3 }),
      notices: fc.array(notice, { maxLength: 3 }),
    }),
    fc.record(
      {
        kind: kind('directorySummary'),
        after: node,
        upTo: node,
        members: fc.array(fc.record({ node, sequence: small, up: fc.boolean() }), { maxLength: 4 }),
      },
      { requiredKeys: ['kind', 'members'] },
    ),
    fc.record({ kind: kind('directoryWant'), nodes: some }),
  )
}
