// @ts-check
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { house } from './house.mjs'

const RETRY_MS = 200

/** An abstract unix socket: the kernel gives it to one process and takes it back when that process ends, however it ends. */
const name = `\0borgios-setup-${process.getuid?.() ?? 0}-${createHash('sha256').update(house).digest('hex').slice(0, 32)}`

/** @returns {Promise<import('node:net').Server | undefined>} */
const tryHold = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('listening', () => resolve(server))
    server.once('error', (error) =>
      'code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(name)
  })

/**
 * Runs `work` while no other setup of this house and user runs.
 *
 * @template Result
 * @param {() => Promise<Result>} work
 * @param {() => void} onWait called once when another one is at it
 */
export async function alone(work, onWait) {
  let server = await tryHold()
  if (server === undefined) onWait()
  while (server === undefined) {
    await sleep(RETRY_MS)
    server = await tryHold()
  }
  try {
    return await work()
  } finally {
    server.close()
  }
}
