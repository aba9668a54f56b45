import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { borgios, jsonOf } from '../src/index.ts'

test('wrong words exit with 2, name the mistake, and with --json say so in one object', async () => {
  for (const words of [
    ['bla'],
    [],
    ['file'],
    ['file', 'put'],
    ['up', '--nodes', '0'],
    ['up', '--nodes', '1.5'],
    ['up', '--bogus'],
    ['job', 'run', 'x.wasm', '--memory', 'much'],
    ['file', 'put', 'x', '--coding', 'three'],
    ['net', 'invite', 'nobody', '--data', '/nonexistent'],
  ]) {
    const outcome = await borgios(words)
    assert.equal(outcome.code, 2, words.join(' '))
    assert.equal(outcome.stdout, '', words.join(' '))
    assert.notEqual(outcome.stderr, '', words.join(' '))
  }
  const outcome = await borgios(['up', '--nodes', 'x', '--json'])
  assert.equal(outcome.code, 2)
  const { error } = jsonOf(outcome) as { error: Record<string, unknown> }
  assert.equal(error['code'], 'NODE_USAGE')
  assert.equal(error['kind'], 'invalid')
  assert.match(String(error['message']), /whole number/)
})

test('addresses that are none, or none of this machine, are refused in one clear line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-e2e-'))
  try {
    for (const [words, says] of [
      [['--join', 'nonsense'], /"nonsense" is no address of a node: write one like/],
      [['--host', '192.0.2.1'], /cannot listen on "192.0.2.1": this machine has no such address/],
    ] as const) {
      const outcome = await borgios(['node', 'start', '--found', 'x', ...words, '--data', folder])
      assert.equal(outcome.code, 2)
      assert.match(outcome.stderr, says)
      assert.equal(outcome.stderr.trim().split('\n').length, 1)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('help and version go to stdout and exit with 0', async () => {
  for (const words of [['--help'], ['file', 'put', '--help'], ['--version'], ['help', 'job']]) {
    const outcome = await borgios(words)
    assert.equal(outcome.code, 0, words.join(' '))
    assert.notEqual(outcome.stdout, '', words.join(' '))
    assert.equal(outcome.stderr, '')
  }
})

test('the help of a command has examples that begin as the program was called, and its own options first', async () => {
  const { stdout } = await borgios(['job', 'run', '--help'])
  const called = /^Usage: (.*) job run /.exec(stdout)?.[1]
  assert(called)
  const examples =
    stdout
      .split('Examples:')[1]
      ?.split('\n')
      .filter((line) => /^ {2}\S/.test(line)) ?? []
  assert(examples.length > 0)
  for (const line of examples) assert(line.startsWith(`  ${called} job run `), line)
  assert(stdout.indexOf('--timeout') < stdout.indexOf('--json'))
})

test('where nothing runs, every command says how to start and exits with 3', async () => {
  const data = await mkdtemp(join(tmpdir(), 'borgios-e2e-'))
  try {
    for (const words of [
      ['status'],
      ['net', 'tree'],
      ['file', 'ls'],
      ['file', 'get', 'x'],
      ['job', 'ls'],
      ['wallet', 'balance'],
      ['ledger', 'status'],
      ['why', 'x'],
    ]) {
      const outcome = await borgios([...words, '--data', data])
      assert.equal(outcome.code, 3, words.join(' '))
      assert.match(outcome.stderr, /borgios(\.mjs)? up/)
      const asJson = await borgios([...words, '--data', data, '--json'])
      assert.equal((jsonOf(asJson) as { error: { kind: string } }).error.kind, 'notFound')
    }
    const down = await borgios(['down', '--data', data])
    assert.equal(down.code, 0)
  } finally {
    await rm(data, { recursive: true })
  }
})

test('a folder of one kind is not taken for the other, and a broken file is named', async () => {
  const data = await mkdtemp(join(tmpdir(), 'borgios-e2e-'))
  try {
    const none = await borgios(['node', 'start', '--data', join(data, 'a')])
    assert.equal(none.code, 2)
    assert.match(none.stderr, /--invitation/)
    await mkdir(join(data, 'b'))
    await writeFile(join(data, 'b', 'network.json'), '{"version":1,')
    const broken = await borgios(['up', '--data', join(data, 'b')])
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /network\.json/)
  } finally {
    await rm(data, { recursive: true })
  }
})

test('an older Node hands over to the shipped one', { skip: !existsSync('/usr/bin/node') }, async () => {
  const outcome = await borgios(['--version'], { node: '/usr/bin/node' })
  assert.equal(outcome.code, 0)
  assert.match(outcome.stdout, /^\d+\.\d+\.\d+\n$/)
})
