/** Time of bytes over one mutual node:tls stream on loopback; the receiver runs on a thread of its own. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

interface Credentials {
  readonly key: string
  readonly cert: string
}

const CHUNK_BYTES = 256 * 1024

/** A self-signed certificate, made by openssl; both ends use it and trust only it. */
function makeCredentials(): Credentials {
  const folder = mkdtempSync(join(tmpdir(), 'borgios-tls-'))
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    execFileSync('openssl', ['req', ...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'pipe' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Seconds from the first byte until the receiver has told that it has the last. */
export async function tlsSeconds(bytes: number): Promise<number> {
  const credentials = makeCredentials()
  const worker = new Worker(new URL(import.meta.url), { workerData: { credentials, bytes } })
  try {
    const [port] = await once(worker, 'message')
    const trust = { ca: credentials.cert, rejectUnauthorized: true, servername: 'localhost' }
    const socket = connect({ ...credentials, ...trust, host: '127.0.0.1', port })
    await once(socket, 'secureConnect')
    const chunk = new Uint8Array(CHUNK_BYTES).fill(42)
    const start = performance.now()
    for (let sent = 0; sent < bytes; sent += CHUNK_BYTES) {
      if (!socket.write(chunk.subarray(0, Math.min(CHUNK_BYTES, bytes - sent)))) await once(socket, 'drain')
    }
    await once(socket, 'data')
    const seconds = (performance.now() - start) / 1000
    socket.destroy()
    return seconds
  } finally {
    await worker.terminate()
  }
}

function receive({ credentials, bytes }: { credentials: Credentials; bytes: number }): void {
  const server = createServer({ ...credentials, ca: credentials.cert, requestCert: true, rejectUnauthorized: true })
  server.on('secureConnection', (socket) => {
    let left = bytes
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      left -= chunk.length
      if (left <= 0) socket.write('done')
    })
  })
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port))
}

if (!isMainThread) receive(workerData)
