import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BorgError,
  canonicalJsonBytes,
  JobId,
  type JsonObject,
  limits,
  NetworkId,
  NodeId,
  parseCanonicalJson,
} from '@borgios/core'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { JobReceipt, JobRequest } from '@borgios/protocol'
import { defaultJobLimits, type JobSpec } from '../src/index.ts'
import { checkJobSpec, jobSpecHash } from '../src/job-spec.ts'
import { openJobReceipt, openJobRequest, signJobReceipt, signJobRequest } from '../src/statements.ts'

const NOW_MS = 1_700_000_000_000
const requester = sodiumEd25519.signerFromSeed(new Uint8Array(32).fill(1))
const executor = sodiumEd25519.signerFromSeed(new Uint8Array(32).fill(2))
const FROM = NodeId.fromBytes(requester.publicKey)
const TO = NodeId.fromBytes(executor.publicKey)
const NETWORK = NetworkId.fromBytes(new Uint8Array(32).fill(3))
const OTHER_NETWORK = NetworkId.fromBytes(new Uint8Array(32).fill(4))
const JOB = JobId.fromBytes(new Uint8Array(16))

const spec = (fields: Partial<JobSpec> = {}): JobSpec => ({
  program: 'cap',
  args: ['a'],
  env: { KEY: 'value' },
  inputs: [{ name: 'data.txt', capability: 'cap' }],
  limits: defaultJobLimits,
  ...fields,
})
const checked = checkJobSpec(spec())

const hasCode = (code: string) => (error: unknown) => error instanceof BorgError && error.code === code
const altered = (bytes: Uint8Array, fields: JsonObject): Uint8Array =>
  canonicalJsonBytes({ ...(parseCanonicalJson(bytes) as JsonObject), ...fields })

describe('job request', () => {
  const body: Omit<JobRequest, 'signature'> = {
    network: NETWORK,
    job: JOB,
    from: FROM,
    to: TO,
    timeMs: NOW_MS,
    spec: checked,
  }
  const context = { ed25519: sodiumEd25519, network: NETWORK, self: TO, from: FROM, nowMs: NOW_MS }
  const bytes = signJobRequest(requester, body)

  it('is read back as it was signed', () => {
    const { signature, ...rest } = openJobRequest(bytes, context)
    assert.deepEqual(rest, body)
    assert.equal(signature.length, 86)
  })

  const refused: readonly (readonly [string, () => unknown, string])[] = [
    ['altered', () => openJobRequest(altered(bytes, { timeMs: NOW_MS + 1 }), context), 'COMPUTE_BAD_STATEMENT'],
    [
      'with another spec',
      () => openJobRequest(altered(bytes, { spec: { ...checked, args: ['b'] } }), context),
      'COMPUTE_BAD_STATEMENT',
    ],
    ['signed by another', () => openJobRequest(signJobRequest(executor, body), context), 'COMPUTE_BAD_STATEMENT'],
    [
      'of another network',
      () => openJobRequest(bytes, { ...context, network: OTHER_NETWORK }),
      'COMPUTE_BAD_STATEMENT',
    ],
    ['for another node', () => openJobRequest(bytes, { ...context, self: FROM }), 'COMPUTE_BAD_STATEMENT'],
    ['brought by another', () => openJobRequest(bytes, { ...context, from: TO }), 'COMPUTE_BAD_STATEMENT'],
    [
      'too old',
      () => openJobRequest(bytes, { ...context, nowMs: NOW_MS + limits.envelope.maxAgeMs + 1 }),
      'CRYPTO_NOT_FRESH',
    ],
    [
      'too large',
      () => openJobRequest(new Uint8Array(limits.compute.maxRequestBytes + 1), context),
      'COMPUTE_BAD_MESSAGE',
    ],
    ['of another shape', () => openJobRequest(canonicalJsonBytes({}), context), 'COMPUTE_BAD_MESSAGE'],
    ['that is no JSON', () => openJobRequest(Uint8Array.of(1), context), 'CORE_JSON_INVALID'],
  ]
  for (const [name, open, code] of refused) it(`is refused: ${name}`, () => assert.throws(open, hasCode(code)))
})

describe('job receipt', () => {
  const body: Omit<JobReceipt, 'signature'> = {
    network: NETWORK,
    job: JOB,
    node: TO,
    requester: FROM,
    specHash: jobSpecHash(checked),
    state: 'done',
    exitCode: 0,
    why: 'It ended.',
    outputs: [{ name: 'report.json', bytes: 3, capability: 'cap' }],
    startedAtMs: NOW_MS,
    endedAtMs: NOW_MS + 5,
    wallTimeMs: 5,
    usage: { cpuMs: 4, memoryMibMs: 2_560, inputBytes: 10, outputBytes: 3, logBytes: 0 },
  }
  const context = { ed25519: sodiumEd25519, network: NETWORK, requester: FROM, node: TO, job: JOB, spec: checked }
  const bytes = signJobReceipt(executor, body)

  it('is read back as it was signed', () => {
    const { signature, ...rest } = openJobReceipt(bytes, context)
    assert.deepEqual(rest, body)
    assert.equal(signature.length, 86)
  })

  const otherJob = JobId.fromBytes(new Uint8Array(16).fill(1))
  const refused: readonly (readonly [string, () => unknown])[] = [
    ['altered', () => openJobReceipt(altered(bytes, { exitCode: 1 }), context)],
    ['signed by another', () => openJobReceipt(signJobReceipt(requester, body), context)],
    ['of another job', () => openJobReceipt(bytes, { ...context, job: otherJob })],
    ['of another spec', () => openJobReceipt(bytes, { ...context, spec: checkJobSpec(spec({ args: [] })) })],
    ['of another node', () => openJobReceipt(bytes, { ...context, node: FROM })],
    ['for another requester', () => openJobReceipt(bytes, { ...context, requester: TO })],
    ['of another network', () => openJobReceipt(bytes, { ...context, network: OTHER_NETWORK })],
  ]
  for (const [name, open] of refused) {
    it(`is refused: ${name}`, () => assert.throws(open, hasCode('COMPUTE_BAD_STATEMENT')))
  }

  for (const name of [
    '',
    '../up',
    'a/../b',
    '/root',
    'a//b',
    'a/',
    '.',
    'line\nfeed',
    '\x1b[31mred',
    'back\\slash',
    '\u202etxt',
  ]) {
    it(`is refused with an output named ${JSON.stringify(name)}`, () => {
      const outputs = [{ name, bytes: 3, capability: 'cap' }]
      const lie = signJobReceipt(executor, { ...body, outputs })
      assert.throws(() => openJobReceipt(lie, context), hasCode('COMPUTE_BAD_MESSAGE'))
    })
  }

  it('is refused when it is too large', () => {
    const large = new Uint8Array(limits.compute.maxReceiptBytes + 1)
    assert.throws(() => openJobReceipt(large, context), hasCode('COMPUTE_BAD_MESSAGE'))
  })

  it('fits with the most outputs of the longest names', () => {
    const capability = 'c'.repeat(limits.compute.maxCapabilityChars)
    const outputs = Array.from({ length: limits.compute.maxOutputFiles }, (_, index) => ({
      name: `${index}-`.padEnd(limits.compute.maxOutputNameChars, '漢'),
      bytes: Number.MAX_SAFE_INTEGER,
      capability,
    }))
    const why = '漢'.repeat(limits.compute.maxWhyChars)
    const large = signJobReceipt(executor, { ...body, outputs, why })
    assert.deepEqual(openJobReceipt(large, context).outputs, outputs)
  })
})

describe('job spec', () => {
  it('has a hash that depends on everything in it and not on the order of names', () => {
    const hash = (fields: Partial<JobSpec>): string => jobSpecHash(checkJobSpec(spec(fields)))
    assert.equal(hash({ env: { A: '1', B: '2' } }), hash({ env: { B: '2', A: '1' } }))
    const all = [{}, { args: [] }, { env: {} }, { inputs: [] }, { program: 'other' }].map(hash)
    assert.equal(new Set(all).size, all.length)
  })

  const inputs = (name: string) => ({ inputs: [{ name, capability: 'cap' }] })
  const limited = (fields: Partial<JobSpec['limits']>) => ({ limits: { ...defaultJobLimits, ...fields } })
  const refused: readonly (readonly [string, Partial<JobSpec>, RegExp])[] = [
    ['no program', { program: '' }, /program/],
    ['a path as input name', inputs('a/b'), /inputs/],
    ['dots as input name', inputs('..'), /inputs/],
    ['a hidden input name', inputs('.ssh'), /inputs/],
    ['an option as input name', inputs('-rf'), /inputs/],
    ['the same name twice', { inputs: [...inputs('a').inputs, ...inputs('a').inputs] }, /same name/],
    ['a zero byte in an argument', { args: ['a\0b'] }, /args/],
    ['too many arguments', { args: Array.from({ length: limits.compute.maxArgs + 1 }, () => 'a') }, /args/],
    ['a name with = in the environment', { env: { 'A=B': '1' } }, /env/],
    ['too little memory', limited({ memoryBytes: 1 }), /at least 96.0 MiB of memory/],
    ['too much memory', limited({ memoryBytes: limits.compute.maxMemoryBytes + 1 }), /4.0 GiB is the most/],
    ['too much time', limited({ wallTimeMs: limits.compute.maxWallTimeMs + 1 }), /time/],
    ['a fraction of a byte', limited({ outputBytes: 1.5 }), /outputBytes/],
    ['no log at all', limited({ logBytes: 0 }), /logBytes/],
    ['half a character in an argument', { args: ['\ud800'] }, /no valid Unicode/],
    ['more text than a request may hold', { args: Array(64).fill('a'.repeat(4_096)) }, /too long/],
    [
      'too many variables',
      { env: Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`A${index}`, ''])) },
      /env/,
    ],
  ]
  for (const [name, fields, why] of refused) {
    it(`is refused with the field named: ${name}`, () => {
      assert.throws(
        () => checkJobSpec(spec(fields)),
        (error: unknown) => hasCode('COMPUTE_SPEC_INVALID')(error) && why.test((error as Error).message),
      )
    })
  }
})
