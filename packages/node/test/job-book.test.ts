import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { JobId, limits } from '@borgios/core'
import { openNodes } from './node-fixture.ts'

const jobId = (index: number): JobId => {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(index)
  return JobId.fromBytes(bytes)
}

test('the start of a job forgets the oldest finished one beyond the bound', async () => {
  await using nodes = await openNodes(1)
  const run = async () => {
    const submission = { name: 'x', program: 'p', args: [], env: {}, inputs: [], limits: {}, node: null, detach: false }
    for await (const event of nodes.client(1).run(submission)) if (event.event === 'job') return event.job
    return undefined
  }
  const record = await run()
  assert(record)
  const book = nodes.daemons[0]?.services.book
  assert(book)
  const folder = join(nodes.folder, 'records', 'jobs')
  for (let index = 0; index < limits.node.maxJobRecords; index += 1) {
    const old = { ...record, job: jobId(index), submittedAtMs: 1_000 + index }
    await writeFile(join(folder, `${old.job}.json`), JSON.stringify(old))
    await copyFile(book.logPath(record.job), book.logPath(old.job))
  }
  assert.equal((await book.list()).length, limits.node.maxJobRecords + 1)
  const last = await run()
  const kept = await book.list()
  assert.equal(kept.length, limits.node.maxJobRecords + 1)
  assert.equal(kept.at(-1)?.job, last?.job)
  assert(!existsSync(book.logPath(jobId(0))))
  assert(existsSync(book.logPath(jobId(1))))
})
