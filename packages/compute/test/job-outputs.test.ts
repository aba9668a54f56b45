import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { afterEach, describe, it } from 'node:test'
import { type Clock, limits, type Timers } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { ManualTime } from '@borgios/core/testing'
import { exited, JobWorld, until, type WorldOptions } from './support/job-world.ts'

const ASKER = 0

/** The system's time, but a delay of this length is over at once. */
const hastily = (delayMs: number): Clock & Timers => ({
  ...systemClock,
  ...systemTimers,
  sleep: (askedMs, signal) => systemTimers.sleep(askedMs === delayMs ? 0 : askedMs, signal),
})

describe('outputs of a job', () => {
  let world: JobWorld
  const open = async (options: WorldOptions): Promise<JobWorld> => {
    world = await JobWorld.open(options)
    return world
  }
  afterEach(() => world.close())

  const asker = () => world.node(ASKER).service
  const text = async function* (value: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(value)
  }

  it('keeps trying to store an output while the network is short of nodes, without running the program again', async () => {
    const time = new ManualTime()
    const { files } = await open({ nodes: 2, time })
    const put = files.put.bind(files)
    let tries = 0
    files.put = async (name, bytes, content) => {
      tries += 1
      if (tries < 3) throw new Error('too few nodes just now')
      return put(name, bytes, content)
    }
    world.node(1).sandbox.behave = async (task) => {
      await task.onOutput('report', 6, text('report'))
      return exited(0)
    }
    const running = asker().run(world.spec())
    await until(() => tries === 1)
    await until(() => {
      time.advance(limits.compute.storeRetryMs)
      return tries === 3
    })
    const result = await running
    assert.equal(Buffer.from(files.read(result.outputs[0]?.capability ?? '')).toString(), 'report')
    assert.equal(world.node(1).sandbox.tasks.length, 1)
  })

  it('closes an output that a failed try to store it left unread', async () => {
    const { files } = await open({ nodes: 2, time: hastily(limits.compute.storeRetryMs) })
    const put = files.put.bind(files)
    const contents: Readable[] = []
    files.put = async (name, bytes, content) => {
      contents.push(content as Readable)
      if (contents.length === 1) throw new Error('too few nodes just now')
      return put(name, bytes, content)
    }
    world.node(1).sandbox.behave = async (task) => {
      await task.onOutput('report', 6, text('report'))
      return exited(0)
    }
    assert.equal((await asker().run(world.spec())).outputs.length, 1)
    assert.deepEqual(
      contents.map((content) => content.destroyed),
      [true, true],
    )
  })

  it('are not stored when the program left more than it may', async () => {
    await open({ nodes: 2 })
    world.node(1).sandbox.behave = async (task) => {
      await task.onOutput('report', 6, text('report'))
      return { ...exited(0), end: 'output', why: 'Too much.' }
    }
    const result = await asker().run(world.spec())
    assert.deepEqual([result.state, result.why, result.outputs], ['failed', 'Too much.', []])
  })
})
