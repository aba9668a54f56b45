import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runInSandbox } from './support/in-sandbox.ts'
import { callProbe, elf, I386_PROBE, probeResults, type TriedCall } from './support/probe-elf.ts'

const EPERM = -1
const ENOENT = -2
const EROFS = -30
const ENOSYS = -38
const [O_RDONLY, O_WRONLY, O_CREAT] = [0, 1, 0o100]
const AT_FDCWD = -100
const CLONE_NEWUSER = 0x10000000

const SOCKET_FAMILIES = { unix: 1, inet: 2, inet6: 10, netlink: 16, packet: 17, alg: 38, vsock: 40, xdp: 44 }

/** x86-64 system calls that would widen or leave the sandbox; each must fail with EPERM. */
const FORBIDDEN: readonly TriedCall[] = [
  ...Object.entries(SOCKET_FAMILIES).map(([name, family]) => ({
    name: `socket ${name}`,
    number: 41,
    args: [family, 1, 0],
  })),
  { name: 'socketpair', number: 53, args: [1, 1, 0, 0] },
  { name: 'fork', number: 57 },
  { name: 'vfork', number: 58 },
  { name: 'clone as fork', number: 56, args: [17] },
  { name: 'clone into a user namespace', number: 56, args: [CLONE_NEWUSER | 17] },
  { name: 'unshare', number: 272, args: [CLONE_NEWUSER] },
  { name: 'setns', number: 308, args: [0, 0] },
  { name: 'mount', number: 165, args: ['none', '/out', 'tmpfs', 0, 0] },
  { name: 'umount', number: 166, args: ['/out', 0] },
  { name: 'pivot_root', number: 155, args: ['/', '/'] },
  { name: 'chroot', number: 161, args: ['/out'] },
  { name: 'open_tree', number: 428, args: [AT_FDCWD, '/', 0] },
  { name: 'fsopen', number: 430, args: ['proc', 0] },
  { name: 'ptrace', number: 101, args: [0, 0, 0, 0] },
  { name: 'process_vm_readv', number: 310, args: [1, 0, 0, 0, 0, 0] },
  { name: 'kill everyone', number: 62, args: [-1, 0] },
  { name: 'bpf', number: 321, args: [0, 0, 0] },
  { name: 'io_uring_setup', number: 425, args: [8, 0] },
  { name: 'keyctl', number: 250, args: [0, -3, 0] },
  { name: 'add_key', number: 248, args: ['user', 'x', 0, 0, -3] },
  { name: 'perf_event_open', number: 298, args: [0, 0, -1, -1, 0] },
  { name: 'userfaultfd', number: 323, args: [0] },
  { name: 'memfd_create', number: 319, args: ['x', 0] },
  { name: 'init_module', number: 175, args: [0, 0, ''] },
  { name: 'kexec_load', number: 246, args: [0, 0, 0, 0] },
  { name: 'sethostname', number: 170, args: ['x', 1] },
  { name: 'clock_settime', number: 227, args: [0, 0] },
  { name: 'syslog', number: 103, args: [3, 0, 0] },
  { name: 'setuid', number: 105, args: [0] },
  { name: 'symlink', number: 88, args: ['/etc', '/out/etc'] },
  { name: 'mknod', number: 133, args: ['/out/sda', 0o60666, 0x800] },
  { name: 'chmod', number: 90, args: ['/out', 0o7777] },
  { name: 'setpriority', number: 141, args: [0, 0, -20] },
  { name: 'personality', number: 135, args: [0x0400000] },
  { name: 'open_by_handle_at', number: 304, args: [AT_FDCWD, 0, 0] },
  { name: 'x32 getpid', number: 0x40000027 },
]

const open = (name: string, path: string, flags: number): TriedCall => ({ name, number: 2, args: [path, flags, 0o600] })

/** Files of the host and of the sandbox itself. */
const FILES: readonly (readonly [TriedCall, number])[] = [
  [open('read passwd', '/etc/passwd', O_RDONLY), ENOENT],
  [open('read through dots', '/in/../../../etc/passwd', O_RDONLY), ENOENT],
  [open('read proc', '/proc/1/environ', O_RDONLY), ENOENT],
  [open('read sys', '/sys/kernel/notes', O_RDONLY), ENOENT],
  [open('read a device', '/dev/mem', O_RDONLY), ENOENT],
  [open('read root', '/root/.ssh/authorized_keys', O_RDONLY), ENOENT],
  [open('write the runner', '/runner.mjs', O_WRONLY), EROFS],
  [open('write the task', '/task.json', O_WRONLY), EROFS],
  [open('write an input', '/in/data', O_WRONLY), EROFS],
  [open('create in /in', '/in/new', O_WRONLY | O_CREAT), EROFS],
  [open('create in /', '/new', O_WRONLY | O_CREAT), EROFS],
]

describe('walls of the sandbox, tried from inside its own configuration', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'borgios-walls-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const onX64 = { skip: process.arch === 'x64' ? false : 'the probes are x86-64 machine code' }

  it('refuses every system call that would leave it', onX64, async () => {
    const { stdout, stderr, code } = await runInSandbox(folder, { executable: callProbe(FORBIDDEN) })
    assert.equal(code, 0, stderr)
    const results = probeResults(FORBIDDEN, stdout)
    assert.deepEqual(results, Object.fromEntries(FORBIDDEN.map(({ name }) => [name, EPERM])))
  })

  it('denies clone3 in the way that makes libraries fall back', onX64, async () => {
    const calls = [{ name: 'clone3', number: 435, args: [0, 0] }]
    const { stdout } = await runInSandbox(folder, { executable: callProbe(calls) })
    assert.deepEqual(probeResults(calls, stdout), { clone3: ENOSYS })
  })

  it('shows no file of the host and lets none of its own be changed', onX64, async () => {
    const calls = FILES.map(([call]) => call)
    const { stdout } = await runInSandbox(folder, { executable: callProbe(calls) })
    assert.deepEqual(probeResults(calls, stdout), Object.fromEntries(FILES.map(([call, errno]) => [call.name, errno])))
  })

  it('can write to /out, so the refusals above mean something', onX64, async () => {
    const calls = [open('create in /out', '/out/new', O_WRONLY | O_CREAT), { name: 'getuid', number: 102 }]
    const { stdout } = await runInSandbox(folder, { executable: callProbe(calls) })
    const results = probeResults(calls, stdout)
    assert.ok((results['create in /out'] ?? -1) >= 0)
    assert.equal(results['getuid'], 65534)
  })

  it('kills a process that calls the kernel in another architecture', onX64, async () => {
    const { code, signal } = await runInSandbox(folder, { executable: elf(Uint8Array.from(I386_PROBE)) })
    assert.ok(signal === 'SIGSYS' || code === 128 + 31, `code ${code}, signal ${signal}`)
  })

  it('gives Node an empty world: no environment, no network, no processes, only its own files', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    try {
      const { stdout, stderr } = await runInSandbox(folder, { script: worldScript(port ?? 0) })
      const world = JSON.parse(stdout.toString() || '{}')
      assert.deepEqual(world.environment, ['PWD'], stderr)
      assert.deepEqual(
        world.inRoot.filter((name: string) => !/^(lib|lib64|usr)$/.test(name)),
        ['in', 'node', 'out', 'program.wasm', 'runner.mjs', 'task.json'],
      )
      assert.deepEqual(world.pids, { own: 1, parent: 0 })
      assert.equal(world.connect, 'EPERM')
      assert.equal(world.spawn, 'EPERM')
      assert.equal(world.hostName, 'job')
    } finally {
      server.close()
    }
  })
})

/** Says what Node sees of the world, as JSON. */
const worldScript = (port: number): string => `
  import { readdirSync, writeSync } from 'node:fs'
  import { connect } from 'node:net'
  import { hostname } from 'node:os'
  import { spawnSync } from 'node:child_process'
  const tried = (act) => { try { return act() } catch (error) { return error.code } }
  const connected = await new Promise((resolve) => {
    const socket = tried(() => connect(${port}, '127.0.0.1', () => resolve('connected')))
    if (typeof socket === 'string') resolve(socket)
    else socket.on('error', (error) => resolve(error.code))
  })
  writeSync(1, JSON.stringify({
    environment: Object.keys(process.env),
    inRoot: readdirSync('/').sort(),
    pids: { own: process.pid, parent: process.ppid },
    connect: connected,
    spawn: tried(() => { const { error } = spawnSync('/node', ['-v']); return error === undefined ? 'spawned' : error.code }),
    hostName: hostname(),
  }))
`
