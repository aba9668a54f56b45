/**
 * Runs inside the sandbox: one WASI preview 1 command, then hands its outputs over. Plain JavaScript, since stripping types would
 * double the time to start. Nobody outside trusts a word of it: a program that breaks V8 speaks through this process.
 *
 * Frames on file descriptor 3: one byte kind (1 JSON, 2 bytes of the file announced last), four bytes length, then so many bytes.
 */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync, statfsSync, writeSync } from 'node:fs'
import { WASI } from 'node:wasi'

const REPORT_FD = 3
const CHUNK_BYTES = 262_144
const JSON_FRAME = 1
const DATA_FRAME = 2
/** WASI preview 1: errno. */
const ERRNO_NOSPC = 51
const ERRNO_NOTCAPABLE = 76
/** WASI preview 1: oflags.creat. */
const OFLAGS_CREAT = 1
/** Exit code of a program that ran out of memory, and of one that trapped: 128 + SIGKILL, 128 + SIGABRT. */
const EXIT_MEMORY = 137
const EXIT_TRAP = 134
/** From this share of its memory on, a trap is put down to memory: allocators abort when memory.grow is refused. */
const MEMORY_TRAP_SHARE = 0.875

/**
 * @typedef {{ args: string[], env: Record<string, string>, wasmMemoryBytes: number, maxOutputFiles: number, maxOutputNameChars: number }} Task
 * @typedef {{ end: 'exited' | 'trapped' | 'unusable' | 'memory', exitCode?: number, why: string }} Ended
 * @typedef {{ path: Buffer, name: string, bytes: number }} Output
 * @typedef {(...args: number[]) => number} Call
 */

/** @type {Task} */
const task = JSON.parse(readFileSync('/task.json', 'utf8'))

/**
 * @param {number} fd
 * @param {Uint8Array} bytes
 */
function writeAll(fd, bytes) {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset)
}

/**
 * @param {number} kind
 * @param {Uint8Array} bytes
 */
function frame(kind, bytes) {
  const head = Buffer.alloc(5)
  head.writeUInt8(kind, 0)
  head.writeUInt32BE(bytes.length, 1)
  writeAll(REPORT_FD, head)
  writeAll(REPORT_FD, bytes)
}

/** @param {object} message */
const report = (message) => frame(JSON_FRAME, Buffer.from(JSON.stringify(message)))

/** Files, folders and other entries in use on the file system of /out. */
function entriesUsed() {
  const { files, ffree } = statfsSync('/out')
  return files - ffree
}

/**
 * The calls of node:wasi, less links, and with a bound on how many files there may be.
 * @param {WASI} wasi
 * @returns {WebAssembly.Imports}
 */
function boundedImports(wasi) {
  /** @type {Record<'path_open' | 'path_create_directory', Call>} */
  const calls = Reflect.get(wasi.getImportObject(), 'wasi_snapshot_preview1')
  const full = () => entriesUsed() - entriesAtStart >= task.maxOutputFiles
  return {
    wasi_snapshot_preview1: {
      ...calls,
      path_symlink: () => ERRNO_NOTCAPABLE,
      path_link: () => ERRNO_NOTCAPABLE,
      path_create_directory: /** @type {Call} */ (...args) =>
        full() ? ERRNO_NOSPC : calls.path_create_directory(...args),
      path_open: /** @type {Call} */ (...args) => {
        const [, , , , openFlags = 0] = args
        if ((openFlags & OFLAGS_CREAT) !== 0 && full()) return ERRNO_NOSPC
        return calls.path_open(...args)
      },
    },
  }
}

/**
 * Compiles and runs the program.
 * @returns {Ended}
 */
function run() {
  const wasi = new WASI({
    version: 'preview1',
    args: task.args,
    env: task.env,
    preopens: { '/in': '/in', '/out': '/out' },
    returnOnExit: true,
  })
  let instance
  try {
    const module = new WebAssembly.Module(readFileSync('/program.wasm'))
    instance = new WebAssembly.Instance(module, boundedImports(wasi))
  } catch (error) {
    return unusable(error)
  }
  const { _start: start, memory } = instance.exports
  if (typeof start !== 'function') return unusable(new Error('it exports no function _start, so it is no command'))
  if (!(memory instanceof WebAssembly.Memory)) return unusable(new Error('it exports no memory'))
  try {
    return { end: 'exited', exitCode: wasi.start(instance), why: '' }
  } catch (error) {
    return trapped(error, memory.buffer.byteLength)
  }
}

/** @param {unknown} thrown */
const messageOf = (thrown) => String(thrown instanceof Error ? thrown.message : thrown).slice(0, 500)

/**
 * @param {unknown} error
 * @returns {Ended}
 */
const unusable = (error) => ({ end: 'unusable', why: messageOf(error) })

/**
 * @param {unknown} error
 * @param {number} memoryBytes
 * @returns {Ended}
 */
function trapped(error, memoryBytes) {
  const why = messageOf(error)
  const at = String(error instanceof Error ? error.stack : '')
    .split('\n')
    .filter((line) => line.includes('wasm'))
    .slice(0, 8)
    .join('\n')
  writeAll(2, Buffer.from(`the program trapped: ${why}\n${at}${at === '' ? '' : '\n'}`))
  if (memoryBytes >= task.wasmMemoryBytes * MEMORY_TRAP_SHARE) return { end: 'memory', exitCode: EXIT_MEMORY, why }
  return { end: 'trapped', exitCode: EXIT_TRAP, why }
}

/** Every regular file below /out, names escaped, and how many entries are none or have too long a name. */
function collect() {
  /** @type {Output[]} */
  const files = []
  let others = 0
  /**
   * @param {Buffer} folder
   * @param {string} prefix
   */
  const walk = (folder, prefix) => {
    for (const entry of readdirSync(folder, { encoding: 'buffer' })) {
      const path = Buffer.concat([folder, Buffer.from('/'), entry])
      const name = prefix + escapeName(entry)
      if (name.length > task.maxOutputNameChars) {
        others += 1
        continue
      }
      const found = lstatSync(path)
      if (found.isDirectory()) walk(path, `${name}/`)
      else if (found.isFile()) files.push({ path, name, bytes: found.size })
      else others += 1
    }
  }
  walk(Buffer.from('/out'), '')
  return { files, others }
}

/**
 * A name as printable text: bytes that are not printable UTF-8, and %, become %XX.
 * @param {Buffer} bytes
 */
function escapeName(bytes) {
  const text = bytes.toString('utf8')
  /** @param {string} part */
  const escapeAll = (part) => [...Buffer.from(part)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  if (!Buffer.from(text, 'utf8').equals(bytes)) return bytes.toString('latin1').replace(/[^a-zA-Z0-9._-]/g, byLatin1)
  return text.replace(/[\p{C}\p{Zl}\p{Zp}%\\]/gu, escapeAll)
}

/** @param {string} char */
const byLatin1 = (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`

/** @param {Output} output */
function handOver({ path, name, bytes }) {
  report({ type: 'file', name, bytes })
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const fd = openSync(path, 'r')
  for (let left = bytes; left > 0; ) {
    const read = readSync(fd, chunk, 0, Math.min(left, CHUNK_BYTES), null)
    if (read === 0) break
    frame(DATA_FRAME, chunk.subarray(0, read))
    left -= read
  }
  closeSync(fd)
}

const entriesAtStart = entriesUsed()
// A program may leave every file descriptor taken; collecting needs a few.
const spares = Array.from({ length: 4 }, () => openSync('/out', 'r'))
report({ type: 'started' })
const ended = run()
for (const fd of spares) closeSync(fd)
const { files, others } = ended.end === 'unusable' ? { files: [], others: 0 } : collect()
const space = statfsSync('/out')
report({
  type: 'ended',
  ...ended,
  outputFiles: files.length,
  outputBytes: files.reduce((sum, file) => sum + file.bytes, 0),
  otherEntries: others,
  outputFull: space.bavail === 0 || entriesUsed() - entriesAtStart >= task.maxOutputFiles,
})
for (const file of files) handOver(file)
report({ type: 'complete' })
