import { limits, messageOf } from '@borgios/core'
import {
  type FileEntry,
  FileInfoRequestSchema,
  type FileInfoView,
  FileOpenSchema,
  FileRenewSchema,
  type ListedFile,
} from '@borgios/protocol'
import type { Coding, FileInfo } from '@borgios/store'
import { badRequest, leaseOver, unknownSubject } from '../errors.ts'
import { filePayment } from '../ledger/file-payment.ts'
import { bodyCheck } from './exchange.ts'
import type { Rooms } from './rooms.ts'
import type { RouteTable } from './route.ts'

const openCheck = bodyCheck(FileOpenSchema)
const renewCheck = bodyCheck(FileRenewSchema)
const infoCheck = bodyCheck(FileInfoRequestSchema)

export const infoView = (info: FileInfo): FileInfoView => ({
  ...info,
  name: info.name ?? null,
  coding: { ...info.coding },
  holders: info.holders.map((holder) => ({ ...holder })),
})

/** A count from the query; undefined when it is not there. Throws NODE_BAD_REQUEST. */
function countOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const count = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(count)) throw badRequest(`${name} must be a whole number`)
  return count
}

/** `3+2` from the query; undefined when it is not there. Throws NODE_BAD_REQUEST. */
function codingOf(query: URLSearchParams): Coding | undefined {
  const text = query.get('coding')
  if (text === null) return undefined
  const match = /^(\d{1,2})\+(\d{1,2})$/.exec(text)
  if (match === null) throw badRequest('a coding is two numbers such as 3+2')
  return { data: Number(match[1]), parity: Number(match[2]) }
}

function nameOf(query: URLSearchParams): string {
  const name = query.get('name')
  if (name === null || name === '' || name.length > limits.node.maxNameChars) {
    throw badRequest(`a file needs a name of at most ${limits.node.maxNameChars} characters`)
  }
  return name
}

function listed(entry: FileEntry, { ledger }: Rooms, nowMs: number): ListedFile {
  const { lease } = entry
  const isFree = ledger === undefined || lease === undefined
  return { ...entry, payment: isFree ? null : filePayment(ledger.state, lease, nowMs) }
}

export const fileRoutes: RouteTable = {
  'GET /v1/files': async (exchange, { context, rooms, files }) => {
    const entries = await files.list()
    exchange.answer({ files: entries.map((entry) => listed(entry, rooms, context.clock.nowMs())) })
  },

  'POST /v1/files/renew': async (exchange, { context, rooms, files }) => {
    const { capability, forMs } = await exchange.json(renewCheck)
    const entry = (await files.list()).find((one) => one.capability === capability)
    if (entry === undefined) throw unknownSubject('no file of this list has this capability: "borgios file ls"')
    const { lease } = entry
    if (lease === undefined) throw leaseOver(`"${entry.name}" was stored when nothing was paid for: put it again`)
    await exchange.events(async (send) => {
      await rooms.renew(lease, forMs)
      await send({ event: 'renewed', file: listed(entry, rooms, context.clock.nowMs()) })
    })
  },

  'POST /v1/files': async (exchange, { context, rooms, files }) => {
    const { clock, logger } = context
    const name = nameOf(exchange.query)
    const totalBytes = countOf(exchange.query, 'bytes')
    const coding = codingOf(exchange.query) ?? rooms.defaultCoding()
    await files.assertRoom()
    await exchange.events(async (send) => {
      const onProgress = droppingProgress((doneBytes) =>
        send({ event: 'progress', doneBytes, totalBytes: totalBytes ?? null }),
      )
      const known = totalBytes === undefined ? {} : { totalBytes }
      const paid = rooms.payForPut()
      const leases = paid === undefined ? {} : { leases: paid.leases }
      const options = { name, coding, signal: exchange.signal, onProgress, ...known, ...leases }
      const put = await rooms.store.put(exchange.body, options)
      const { capability, bytes } = put
      // Without its capability a stored file is lost: it is told in any case.
      const lease = paid?.lease()
      const entry = { name, bytes, storedAtMs: clock.nowMs(), capability, ...(lease && { lease }) }
      const why = await files.add(entry).then(() => '', messageOf)
      if (why !== '') logger.error('a stored file could not be listed', { why })
      const listed = { listed: why === '', why: why.slice(0, limits.node.maxWhyChars) }
      await send({ event: 'put', put: { ...put, name, coding: { ...put.coding }, ...listed } })
    })
  },

  'POST /v1/files/open': async (exchange, { rooms }) => {
    const { capability } = await exchange.json(openCheck)
    const opened = await rooms.store.get(capability, { signal: exchange.signal })
    await exchange.file({ name: opened.name ?? 'file', bytes: opened.bytes }, opened.content)
  },

  'POST /v1/files/info': async (exchange, { rooms }) => {
    const { capability, verify } = await exchange.json(infoCheck)
    await exchange.events(async (send) => {
      const info = await rooms.store.info(capability, { verify, signal: exchange.signal })
      await send({ event: 'info', info: infoView(info) })
    })
  },
}

/** Passes progress on, one at a time: what comes while the reader is behind is dropped, since the next one says more. */
function droppingProgress(send: (doneBytes: number) => Promise<void>) {
  let isSending = false
  return (progress: { readonly doneBytes: number }): void => {
    if (isSending) return
    isSending = true
    send(progress.doneBytes).then(
      () => {
        isSending = false
      },
      () => {},
    )
  }
}
