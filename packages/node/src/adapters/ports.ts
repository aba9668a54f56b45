import { createServer } from 'node:net'
import { hostUnusable } from '../errors.ts'

/** Whether a TCP port can be listened on right now. */
export const isPortFree = async (host: string, port: number): Promise<boolean> =>
  (await tryListen(host, port)) !== undefined

/** The first of `count` ports from `first` on that is free and not in `taken`, else one the system picks. */
export async function pickPort(
  host: string,
  first: number,
  count: number,
  taken: ReadonlySet<number>,
): Promise<number> {
  for (let port = first; port < first + count; port += 1) {
    if (!taken.has(port) && (await isPortFree(host, port))) return port
  }
  for (;;) {
    const port = await tryListen(host, 0)
    if (port === undefined) throw new Error(`no port can be opened on ${host}`)
    if (!taken.has(port)) return port
  }
}

/** Listens and stops at once; the port it got, undefined when it is taken. Throws NODE_HOST_UNUSABLE when the host is none of ours. */
function tryListen(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else {
        const cause = { cause: error }
        reject(
          hostUnusable(
            `cannot listen on "${host}": this machine has no such address. Name one of its own, or 0.0.0.0 for all`,
            cause,
          ),
        )
      }
    })
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
