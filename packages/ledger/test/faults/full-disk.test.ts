import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fullSlice } from '../full-slice.ts'
import { Validators } from './validators.ts'

const OWN_MOUNTS = ['--user', '--map-root-user', '--mount'] as const
const mayMount = spawnSync('unshare', [...OWN_MOUNTS, 'true']).status === 0
const skip = !fullSlice ? 'runs in the full slice' : mayMount ? false : 'this user may not mount'

/** A small disk that only those see who are led to it. */
class SmallDisk implements AsyncDisposable {
  readonly folder: string
  readonly #holder: ChildProcess

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder
    this.#holder = holder
  }

  static async open(): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'borgios-small-disk-'))
    const script = 'mount -t tmpfs -o size=8m small "$0" && echo there && exec sleep infinity'
    const holder = spawn('unshare', [...OWN_MOUNTS, 'sh', '-c', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    assert(holder.stdout !== null)
    await once(holder.stdout, 'data')
    return new SmallDisk(folder, holder)
  }

  /** Words before a command that is to see it. */
  get within(): readonly string[] {
    return ['nsenter', '--target', String(this.#holder.pid), '--user', '--mount', '--preserve-credentials', '--']
  }

  fill(): void {
    this.#run('cat /dev/zero > "$0/filler" 2> /dev/null; test -s "$0/filler"')
  }

  makeRoom(): void {
    this.#run('rm "$0/filler"')
  }

  #run(script: string): void {
    const [command = '', ...words] = [...this.within, 'sh', '-c', script, this.folder]
    assert.equal(spawnSync(command, words, { stdio: 'inherit' }).status, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.kill('SIGKILL')
    await once(this.#holder, 'exit')
    await rm(this.folder, { recursive: true, force: true })
  }
}

test('a validator whose disk is full lives, says why, costs the others its turns only, and goes on once there is room', {
  timeout: 480_000,
  skip,
}, async () => {
  await using disk = await SmallDisk.open()
  await using validators = await Validators.open({ count: 4 }, [
    { folder: join(disk.folder, 'ledger'), within: disk.within },
  ])
  disk.fill()
  await validators.until(() => validators.life(0).stands?.haltedWhy !== undefined)
  assert.match(validators.life(0).stands?.haltedWhy ?? '', /disk.* is full.*free some space/)
  await validators.untilAllReach(validators.height + 6, [1, 2, 3])
  const { isOver, child, logged } = validators.life(0)
  assert.equal(isOver, false, [child.signalCode, ...logged].join('\n'))

  disk.makeRoom()
  await validators.end(0)
  await validators.start(0)
  await validators.untilReaches(0, validators.height + 3)
  assert.deepEqual(validators.contradictions(), [])
})
