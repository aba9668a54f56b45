import { shortId } from '@borgios/core'
import { JobLogsRequestSchema, JobSubmissionSchema } from '@borgios/protocol'
import { badRequest, stopping } from '../errors.ts'
import { bodyCheck, type Exchange } from './exchange.ts'
import { isFinal } from './job-book.ts'
import { readJobLog } from './job-log.ts'
import type { NodeServices } from './node-services.ts'
import type { RouteTable } from './route.ts'
import { findNode } from './subjects.ts'

const jobCheck = bodyCheck(JobSubmissionSchema)
const logsCheck = bodyCheck(JobLogsRequestSchema)

type Send = Parameters<Parameters<Exchange['events']>[0]>[0]

/** Sends a job's events from its log, to the end or to where it has come, and then its record. */
async function sendLog(
  job: string,
  follow: boolean,
  send: Send,
  exchange: Exchange,
  services: NodeServices,
): Promise<void> {
  const { book, desk, context } = services
  const isGrowing = async (): Promise<boolean> => {
    const record = follow ? await desk.read(job) : undefined
    return record !== undefined && !isFinal(record)
  }
  const options = { isGrowing, timers: context.timers, signal: exchange.signal }
  for await (const event of readJobLog(book.logPath(job), options)) {
    await send(event)
  }
  const record = await desk.read(job)
  if (record !== undefined) await send({ event: 'job', job: record })
}

export const jobRoutes: RouteTable = {
  'GET /v1/jobs': async (exchange, { desk }) => exchange.answer({ jobs: await desk.list() }),

  'POST /v1/jobs': async (exchange, services) => {
    const request = await exchange.json(jobCheck)
    const { desk, rooms } = services
    const node = request.node === null ? undefined : findNode(rooms.network.members(), request.node)
    if (node === rooms.network.self) {
      throw badRequest(
        `${shortId(node)} is the node that is asked here, and jobs run on others. Name one of "borgios net tree"`,
      )
    }
    const own = await desk.start(request, node)
    if (!request.detach) {
      const cancel = (): void => own.cancel(stopping('whoever asked for the job went away'))
      exchange.signal.addEventListener('abort', cancel, { once: true })
      // Whoever left while the job was being written down is told of no more.
      if (exchange.signal.aborted) cancel()
    }
    await exchange.events(async (send) => {
      await send({ event: 'accepted', job: own.job })
      if (!request.detach) await sendLog(own.job, true, send, exchange, services)
    })
  },

  'POST /v1/jobs/logs': async (exchange, services) => {
    const request = await exchange.json(logsCheck)
    const record = await services.book.find(request.job)
    await exchange.events(async (send) => sendLog(record.job, request.follow, send, exchange, services))
  },
}
