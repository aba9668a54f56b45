import * as wasi from './wasi_snapshot_preview1.ts'

export const STDOUT: i32 = 1
export const STDERR: i32 = 2
/** Preopened folders follow the standard streams, in the order nodes give them. */
export const IN: i32 = 3
export const OUT: i32 = 4

export const READ: i64 = 2
export const WRITE: i64 = 64
/** To set a file's size. */
export const RESIZE: i64 = 4194304
export const CREATE: i32 = 1
export const TRUNCATE: i32 = 8

/** Space for one iovec and one result. */
const vector: usize = memory.data(8, 4)
const result: usize = memory.data(4, 4)

/** Ends the program with a message on stderr. */
export function fail(message: string): void {
  write(STDERR, `${message}\n`)
  wasi.proc_exit(1)
}

/** The program's arguments, without its name. */
export function programArguments(): string[] {
  const sizes = memory.data(8, 4)
  wasi.args_sizes_get(sizes, sizes + 4)
  const count = load<u32>(sizes)
  const pointers = heap.alloc(count * 4)
  const bytes = heap.alloc(load<u32>(sizes, 4))
  wasi.args_get(pointers, bytes)
  const found: string[] = []
  for (let index: u32 = 1; index < count; index++) {
    const start = load<u32>(pointers + index * 4)
    let end = start
    while (load<u8>(end) !== 0) end++
    found.push(String.UTF8.decodeUnsafe(start, end - start))
  }
  return found
}

/** Opens a file below a preopened folder. Returns a file descriptor, or the negated error number. */
export function openAt(folder: i32, path: string, openFlags: i32, rights: i64): i32 {
  const name = String.UTF8.encode(path)
  const pointer = changetype<usize>(name)
  const error = wasi.path_open(folder, 0, pointer, name.byteLength, openFlags, rights, 0, 0, result)
  return error !== 0 ? -error : load<i32>(result)
}

/** Fills a buffer as far as the file reaches. Returns how many bytes, or the negated error number. */
export function readFully(fd: i32, buffer: usize, bytes: i32): i32 {
  let filled = 0
  while (filled < bytes) {
    store<u32>(vector, <u32>(buffer + filled))
    store<u32>(vector, bytes - filled, 4)
    const error = wasi.fd_read(fd, vector, 1, result)
    if (error !== 0) return -error
    const read = load<i32>(result)
    if (read === 0) break
    filled += read
  }
  return filled
}

/** Writes all these bytes. Returns 0 or an error number. */
export function writeBytes(fd: i32, bytes: usize, length: i32): i32 {
  let offset = 0
  while (offset < length) {
    store<u32>(vector, <u32>(bytes + offset))
    store<u32>(vector, length - offset, 4)
    const error = wasi.fd_write(fd, vector, 1, result)
    if (error !== 0) return error
    offset += load<i32>(result)
  }
  return 0
}

/** Writes a text as UTF-8. Returns 0 or an error number. */
export function write(fd: i32, text: string): i32 {
  const encoded = String.UTF8.encode(text)
  return writeBytes(fd, changetype<usize>(encoded), encoded.byteLength)
}

export const close = (fd: i32): i32 => wasi.fd_close(fd)
