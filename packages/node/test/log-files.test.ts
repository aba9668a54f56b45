import assert from 'node:assert/strict'
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { keepLogsSmall } from '../src/daemon/log-files.ts'
import { temporaryFolder } from './node-fixture.ts'

test('a log that grows too large while a node runs is set aside, and its writer goes on', async () => {
  await using temporary = await temporaryFolder()
  const path = join(temporary.path, 'node.log')
  const time = new ManualTime()
  const cancel = keepLogsSmall([join(temporary.path, 'missing'), path], time, silentLogger)
  const writer = openSync(path, 'a')
  try {
    for (let round = 1; round <= limits.node.keptLogs + 1; round += 1) {
      appendFileSync(path, Buffer.alloc(limits.node.maxLogBytes, round))
      time.advance(limits.node.logCheckMs)
      assert.equal(statSync(path).size, 0)
    }
    writeSync(writer, 'next')
    time.advance(limits.node.logCheckMs)
    assert.equal(readFileSync(path, 'utf8'), 'next')
    assert.equal(readFileSync(`${path}.1`)[0], limits.node.keptLogs + 1)
    assert.equal(readFileSync(`${path}.${limits.node.keptLogs}`)[0], 2)
    assert(!existsSync(`${path}.${limits.node.keptLogs + 1}`))
  } finally {
    closeSync(writer)
    cancel()
  }
  appendFileSync(path, Buffer.alloc(limits.node.maxLogBytes))
  time.advance(limits.node.logCheckMs)
  assert(statSync(path).size > limits.node.maxLogBytes)
})
