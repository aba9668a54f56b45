import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import * as compute from '../src/compute.ts'
import { NodeDescriptionSchema } from '../src/daemon.ts'
import * as directory from '../src/directory.ts'
import * as gossip from '../src/ledger/gossip.ts'
import * as session from '../src/session.ts'
import * as store from '../src/store.ts'
import * as tree from '../src/tree.ts'

/** What other nodes send. */
const PEER_AREAS: Readonly<Record<string, unknown>> = {
  ...compute,
  ...directory,
  ...gossip,
  ...session,
  ...store,
  ...tree,
  NodeDescriptionSchema,
}

type Schema = Readonly<Record<string, unknown>>

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && ['~kind', 'type', 'anyOf', 'const'].some((key) => key in value)

/** Anchored, and without a part that repeats without end. */
const isBoundedPattern = (pattern: unknown): boolean =>
  typeof pattern === 'string' &&
  /^\^.*\$$/s.test(pattern) &&
  !/[*+](?!\?*\])|,\}/.test(pattern.replace(/\[[^\]]*\]/g, 'x'))

/** What a schema lets through without a bound, by the path to it. */
function unbounded(schema: Schema, path: string): string[] {
  const inner = (key: string, each: unknown): string[] => (isSchema(each) ? unbounded(each, `${path}.${key}`) : [])
  const innerAll = (values: unknown): string[] =>
    Object.entries((values ?? {}) as Schema).flatMap(([key, each]) => inner(key, each))
  if (Array.isArray(schema['anyOf'])) return innerAll(schema['anyOf'])
  if ('const' in schema || 'enum' in schema) return []
  switch (schema['type']) {
    case 'string':
      return 'maxLength' in schema || isBoundedPattern(schema['pattern']) ? [] : [`${path}: a string of any length`]
    case 'integer':
    case 'number':
      return 'minimum' in schema && 'maximum' in schema ? [] : [`${path}: a number of any size`]
    case 'array':
      return [...('maxItems' in schema ? [] : [`${path}: an array of any length`]), ...inner('items', schema['items'])]
    case 'object':
      return [
        ...(schema['additionalProperties'] === false ? [] : [`${path}: unknown properties`]),
        ...('patternProperties' in schema && !('maxProperties' in schema) ? [`${path}: any number of properties`] : []),
        ...innerAll(schema['properties']),
        ...innerAll(schema['patternProperties']),
      ]
    case 'boolean':
    case 'null':
      return []
    default:
      return [`${path}: anything`]
  }
}

const schemas = Object.entries(PEER_AREAS).filter(
  (entry): entry is [string, Schema] => /Schema$/.test(entry[0]) && isSchema(entry[1]),
)

/** Bodies are checked by who handles them, and bounded as part of their message; a description may grow with releases. */
const ON_PURPOSE = [
  'ReplySchema.0.body: anything',
  'RequestSchema.body: anything',
  'NodeDescriptionSchema: unknown properties',
  'NodeDescriptionSchema.load: unknown properties',
]

test('every message of a peer is strict, and every string, array and number in it bounded', () => {
  assert.ok(schemas.length >= 30, `only ${schemas.length} schemas were found`)
  const found = schemas.flatMap(([name, schema]) => unbounded(schema, name))
  assert.deepEqual(found, ON_PURPOSE)
})

test('what has no bound is found, however deep', () => {
  const deep = Type.Object(
    {
      list: Type.Array(Type.Union([Type.Null(), Type.Object({ text: Type.String({ pattern: '^a+$' }) })])),
      count: Type.Integer({ minimum: 0 }),
      names: Type.Record(Type.String({ pattern: '^x$' }), Type.String({ pattern: 'x' }), {
        additionalProperties: false,
      }),
      short: Type.String({ pattern: '^[a+]{3}$' }),
    },
    { additionalProperties: false },
  )
  assert.deepEqual(unbounded(deep as unknown as Schema, 'deep'), [
    'deep.list: an array of any length',
    'deep.list.items.1: unknown properties',
    'deep.list.items.1.text: a string of any length',
    'deep.count: a number of any size',
    'deep.names: any number of properties',
    'deep.names.^x$: a string of any length',
  ])
})
