import assert from 'node:assert/strict'
import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemTimers } from '@borgios/core/adapters'
import { Stopped } from '../src/cli/stopped.ts'
import { embeddedNodeFolder, nodePaths } from '../src/config/data-folder.ts'
import { oneObject, run } from './cli-run.ts'
import { openNodes } from './node-fixture.ts'

test('with --json every command writes one object on one line, also when it fails', async () => {
  await using nodes = await openNodes(2)
  const data = ['--data', nodes.folder, '--json']
  const source = join(nodes.folder, 'source')
  const program = join(nodes.folder, 'program.wasm')
  await writeFile(source, 'text')
  await writeFile(program, Buffer.from('0061736d01000000', 'hex'))
  const put = oneObject((await run(['file', 'put', source, ...data])).stdout)
  const capability = String(put['capability'])
  const job = String(oneObject((await run(['job', 'run', program, '--detach', ...data])).stdout)['job'])
  const node = String(nodes.daemons[1]?.services.context.identity.node)
  const operator = String(nodes.daemons[1]?.services.context.identity.operator)
  const good: string[][] = [
    ['status'],
    ['net', 'tree'],
    ['net', 'export'],
    ['net', 'export', '-o', join(nodes.folder, 'exported')],
    ['net', 'invite', operator],
    ['file', 'ls'],
    ['file', 'info', capability],
    ['file', 'get', capability, '-o', join(nodes.folder, 'back')],
    ['job', 'run', program],
    ['job', 'logs', job],
    ['job', 'ls'],
    ['why', node],
    ['why', capability],
  ]
  for (const words of good) {
    const { code, stdout, stderr } = await run([...words, ...data])
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}${stdout}`)
    assert.equal('error' in oneObject(stdout), false, words.join(' '))
  }
  const bad: [number, string[]][] = [
    [2, ['nonsense']],
    [2, ['file', 'get']],
    [2, ['file', 'get', capability, '-o', '-']],
    [2, ['file', 'put', nodes.folder]],
    [2, ['job', 'run', source]],
    [2, ['net', 'invite', 'nobody']],
    [2, ['node', 'start']],
    [2, ['node', 'init']],
    [3, ['file', 'put', join(nodes.folder, 'none')]],
    [3, ['job', 'run', 'none']],
    [3, ['job', 'run', program, '-v', 'x=none']],
    [3, ['job', 'logs', 'jzzzz']],
    [3, ['why', 'nzzzz']],
    [2, ['why', 'z']],
    [4, ['file', 'get', capability, '--no-clobber', '-o', source]],
  ]
  for (const [expected, words] of bad) {
    const { code, stdout } = await run([...words, ...data])
    assert.equal(code, expected, `${words.join(' ')}: ${stdout}`)
    const { error } = oneObject(stdout) as { error: { message: string } }
    assert.notEqual(error.message, '', words.join(' '))
  }
})

test('the commands of wallet and ledger, too', { timeout: 60_000 }, async () => {
  await using nodes = await openNodes(1, '', true)
  const data = ['--data', nodes.folder, '--json']
  const key = join(nodes.folder, 'savings.key')
  const created = oneObject((await run(['wallet', 'create', '--out', key, ...data])).stdout)
  assert.deepEqual([(await stat(key)).mode & 0o777, (await stat(key)).size], [0o600, 32])
  const account = String(created['account'])
  const sent = oneObject((await run(['wallet', 'send', account, '1.5', '--memo', 'x', ...data])).stdout)
  assert.equal(sent['state'], 'final')
  assert.equal(typeof sent['finalAfterMs'], 'number')
  const exported = oneObject((await run(['wallet', 'export', ...data])).stdout)
  assert.deepEqual(Object.keys(exported), ['account'])
  const copy = join(nodes.folder, 'copy.key')
  const good: string[][] = [
    ['wallet', 'balance'],
    ['wallet', 'balance', account],
    ['wallet', 'balance', account, '--verify'],
    ['ledger', 'verify'],
    ['ledger', 'checkpoint'],
    ['wallet', 'history'],
    ['wallet', 'export', '--secret'],
    ['wallet', 'export', '--secret', '-o', copy],
    ['ledger', 'status'],
    ['ledger', 'block'],
    ['ledger', 'block', '1'],
    ['ledger', 'tx', String(sent['transaction'])],
    ['ledger', 'members'],
    ['ledger', 'supply'],
    ['ledger', 'genesis'],
    ['why', String(sent['transaction']).slice(0, 8)],
  ]
  for (const words of good) {
    const json = await run([...words.map((word) => (word === copy ? `${copy}.json` : word)), ...data])
    assert.equal(json.code, 0, `${words.join(' ')}: ${json.stdout}`)
    assert.equal('error' in oneObject(json.stdout), false, words.join(' '))
    const shown = await run([...words, '--data', nodes.folder])
    assert.equal(shown.code, 0, words.join(' '))
    assert.match(shown.stdout, /\n$/)
  }
  assert.deepEqual(await readFile(copy), await readFile(join(nodes.folder, 'records', 'wallet.key')))
  const bad: [number, string[]][] = [
    [2, ['wallet', 'send', account.slice(1), '1']],
    [2, ['wallet', 'send', account, '0.0000001']],
    [2, ['wallet', 'send', account, '1', '--memo', 'x'.repeat(129)]],
    [2, ['wallet', 'balance', 'nobody']],
    [2, ['wallet', 'export', '-o', copy]],
    [2, ['ledger', 'block', '-1']],
    [3, ['ledger', 'block', '999999']],
    [3, ['ledger', 'tx', 'tzzzzzz']],
    [3, ['wallet', 'history', account]],
    [4, ['wallet', 'send', account, '1000000']],
    [4, ['wallet', 'create', '--out', key]],
    [4, ['wallet', 'export', '--secret', '-o', copy]],
  ]
  for (const [expected, words] of bad) {
    const { code, stdout } = await run([...words, ...data])
    assert.equal(code, expected, `${words.join(' ')}: ${stdout}`)
    assert.notEqual((oneObject(stdout) as { error: { message: string } }).error.message, '', words.join(' '))
  }
})

test('people get commands that they can paste, for the data folder they gave', async () => {
  const { code, stdout, stderr } = await run(['status', '--data', '/tmp/no such folder'])
  assert.equal(code, 3)
  assert.equal(stdout, '')
  assert.match(stderr, /^error: nothing runs here: start it with "\S.* up --data '\/tmp\/no such folder'"\n$/)
})

test('where nothing can be made every command that would says so, and comes back', async () => {
  for (const words of [['up'], ['node', 'init']]) {
    const { code, stderr } = await run([...words, '--data', '/proc/borgios/data'])
    assert.equal(code, 3, words.join(' '))
    assert.match(stderr, /^error: there is no \/proc\/borgios, and it cannot be made$/m)
  }
})

test('what a job printed is shown to its last byte, also half a character', async () => {
  await using nodes = await openNodes(2)
  nodes.world.runJob = async ({ onEvent }) => {
    onEvent?.({ kind: 'log', stream: 'stderr', bytes: Buffer.from('caf\u00e9').subarray(0, 4) })
    onEvent?.({ kind: 'log', stream: 'stderr', bytes: Buffer.from('caf\u00e9').subarray(4) })
    onEvent?.({ kind: 'log', stream: 'stderr', bytes: Buffer.from('!\u00e9').subarray(0, 2) })
    return { exitCode: 0 }
  }
  const job = ['job', 'run', 'borgios-file-1-x', '--data', nodes.folder]
  assert.match((await run(job)).stderr, /^caf\u00e9!\ufffd/m)
  assert.equal(oneObject((await run([...job, '--json'])).stdout)['stderr'], 'caf\u00e9!\ufffd')
})

test('job run says the end once, on a line of its own', async () => {
  await using nodes = await openNodes(2)
  nodes.world.runJob = async ({ onEvent }) => {
    onEvent?.({ kind: 'log', stream: 'stderr', bytes: Buffer.from('no newline') })
    onEvent?.({ kind: 'state', state: 'done', node: undefined, why: '' })
    return { exitCode: 0 }
  }
  const { stderr } = await run(['job', 'run', 'borgios-file-1-x', '--data', nodes.folder])
  assert.match(stderr, /no newline\nj[a-z2-7]{7} done with exit code 0 in \S+ ms\n$/)
})

test('what a script takes is alone on stdout', async () => {
  await using nodes = await openNodes(2)
  const detached = await run(['job', 'run', 'borgios-file-1-x', '--detach', '--data', nodes.folder])
  assert.match(detached.stdout, /^j[a-z2-7]+\n$/)
  assert.match(detached.stderr, /job logs --follow/)
  const made = await run(['node', 'init', '--data', join(nodes.folder, 'other')])
  assert.match(made.stdout, /^o[a-z2-7]{52}\n$/)
  assert.match(made.stderr, /net invite/)
})

test('what cannot be meant of a job is refused before anything is stored', async () => {
  await using nodes = await openNodes(2)
  const program = join(nodes.folder, 'program.wasm')
  await writeFile(program, Buffer.from('0061736d01000000', 'hex'))
  const wrong: [string[], RegExp][] = [
    [['-v', `a/b=${program}`], /"a\/b" cannot be the name of an input/],
    [['-v', `a=${program}`, '-v', `a=${program}`], /two inputs have the name "a"/],
    [['--memory', '1'], /from 96(\.0)? MiB to 4(\.0)? GiB/],
    [['--memory', '1TiB'], /from 96(\.0)? MiB to 4(\.0)? GiB/],
    [['--timeout', '2h'], /must be from/],
  ]
  for (const [words, said] of wrong) {
    const { code, stderr } = await run(['job', 'run', program, ...words, '--data', nodes.folder])
    assert.equal(code, 2, stderr)
    assert.match(stderr, said)
  }
  assert.equal(nodes.world.files.size, 0)
})

test('a stopped command says what became of its work', async () => {
  await using nodes = await openNodes(2)
  const stop = new AbortController()
  nodes.world.runJob = ({ signal }) => {
    stop.abort(new Stopped('SIGTERM'))
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  const { code, stderr } = await run(['job', 'run', 'borgios-file-1-x', '--data', nodes.folder], stop)
  assert.equal(code, 143)
  assert.match(stderr, /^stopped: (no job was started|the job j[a-z2-7]{7} is cancelled)$/m)
})

test('a file that is stored and finds no room in the list is told with its capability, also for a job', async () => {
  await using nodes = await openNodes(1)
  const data = ['--data', nodes.folder]
  const program = join(nodes.folder, 'program.wasm')
  await writeFile(program, Buffer.from('0061736d01000000', 'hex'))
  const listed = oneObject((await run(['file', 'put', program, ...data, '--json'])).stdout)
  assert.deepEqual([listed['listed'], listed['why']], [true, ''])
  const catalogue = join(nodes.folder, 'records', 'files.ndjson')
  await rm(catalogue)
  await symlink('/dev/full', catalogue)

  const capability = String(listed['capability'])
  const why = /no room left for the list of stored files in .*records: free some space/
  const put = await run(['file', 'put', program, ...data, '--json'])
  assert.equal(put.code, 0, put.stderr)
  const view = oneObject(put.stdout)
  assert.deepEqual([view['capability'], view['listed']], [capability, false])
  assert.match(String(view['why']), why)
  for (const words of [
    ['file', 'put'],
    ['job', 'run'],
  ]) {
    const { code, stderr } = await run([...words, program, ...data])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^warning: program.wasm is stored, but could not be listed: there is no room/m)
    assert(stderr.includes(`Keep its capability: ${capability}\n`))
  }
})

test('a put that is stopped when all was sent does not say that nothing was stored', async () => {
  await using nodes = await openNodes(1)
  const source = join(nodes.folder, 'source')
  await writeFile(source, 'text')
  const stop = new AbortController()
  nodes.world.beforePutEnds = async () => stop.abort(new Stopped('SIGINT'))
  const { code, stderr } = await run(['file', 'put', source, '--data', nodes.folder], stop)
  assert.equal(code, 130)
  assert.match(stderr, /^stopped: all of source had been sent, so it may be stored: .*file ls.* shows it if it is$/m)
  const client = nodes.client(1)
  while ((await client.files()).length === 0) await systemTimers.sleep(10)
})

test('a guest is refused what needs members, and is told how to be admitted', async () => {
  await using nodes = await openNodes(2)
  const paths = nodePaths(embeddedNodeFolder(nodes.folder, 2))
  await nodes.daemons[1]?.stop()
  await rm(paths.invitation)
  const guest = await nodes.start(2)
  const { operator } = guest.services.context.identity
  const program = join(nodes.folder, 'program.wasm')
  await writeFile(program, Buffer.from('0061736d01000000', 'hex'))
  const data = ['--data', paths.folder]
  for (const words of [
    ['file', 'put', program],
    ['file', 'get', 'borgios-file-1-x', '-o', join(nodes.folder, 'back')],
    ['file', 'info', 'borgios-file-1-x'],
    ['job', 'run', program],
    ['job', 'run', 'borgios-file-1-x'],
  ]) {
    const { code, stderr } = await run([...words, ...data])
    assert.equal(code, 4, stderr)
    assert.match(stderr, /this node is a guest.*until it is admitted/)
  }
  assert.equal((await run(['file', 'ls', ...data])).code, 0)
  assert((await run(['status', ...data])).stdout.includes(operator), 'the whole id, as the founder needs it')
})
