import * as files from '../wasi/files.ts'
import * as wasi from '../wasi/wasi_snapshot_preview1.ts'

// A program that misbehaves in the way its first argument names, for the tests of the sandbox. It prints what it was answered.

const PAGE_BYTES: i32 = 65536
const TEBIBYTE: i64 = 1 << 40

const say = (text: string): void => {
  files.write(files.STDOUT, `${text}\n`)
}

function spin(): void {
  for (;;) store<u32>(8, load<u32>(8) + 1)
}

/** Allocates as a program does whose allocator aborts when there is no more. */
function grow(): void {
  for (;;) {
    const pages = memory.grow(16)
    if (pages < 0) unreachable()
    memory.fill(<usize>pages * PAGE_BYTES, 1, 16 * PAGE_BYTES)
  }
}

function recurse(depth: u32): u32 {
  return depth === u32.MAX_VALUE ? 0 : recurse(depth + 1) + load<u32>(depth & 1023)
}

function flood(): void {
  const line = String.UTF8.encode('A'.repeat(65536))
  for (let count = 0; count < 32; count++) files.writeBytes(files.STDOUT, changetype<usize>(line), line.byteLength)
}

/** Writes until it is refused; then says after how many MiB and with which error. */
function fill(): void {
  const fd = files.openAt(files.OUT, 'big', files.CREATE, files.WRITE)
  const mebibyte = String.UTF8.encode('A'.repeat(1 << 20))
  let count = 0
  let error = 0
  for (; error === 0 && count < 4096; count++) {
    error = files.writeBytes(fd, changetype<usize>(mebibyte), mebibyte.byteLength)
  }
  say(`${count - 1} MiB, then error ${error}`)
}

function sparse(): void {
  const fd = files.openAt(files.OUT, 'sparse', files.CREATE, files.WRITE | files.RESIZE)
  say(`resize: ${wasi.fd_filestat_set_size(fd, TEBIBYTE)}`)
}

/** Creates empty files, or folders, until it is refused. */
function many(folders: bool): void {
  let count = 0
  let error = 0
  for (; error === 0 && count < 1000000; count++) {
    const name = String.UTF8.encode(`f${count}`)
    if (folders) {
      error = wasi.path_create_directory(files.OUT, changetype<usize>(name), name.byteLength)
      continue
    }
    const fd = files.openAt(files.OUT, `f${count}`, files.CREATE, files.WRITE)
    error = fd < 0 ? -fd : files.close(fd)
  }
  say(`${count - 1} created, then error ${error}`)
}

/** Opens one file again and again without closing it. */
function descriptors(): void {
  let count = 0
  while (files.openAt(files.OUT, 'one', files.CREATE, files.WRITE) >= 0 && count < 100000) count++
  say(`${count} open`)
}

function links(): void {
  const target = String.UTF8.encode('/etc/passwd')
  const name = String.UTF8.encode('link')
  const to = changetype<usize>(target)
  const from = changetype<usize>(name)
  say(`symlink: ${wasi.path_symlink(to, target.byteLength, files.OUT, from, name.byteLength)}`)
  files.openAt(files.OUT, 'file', files.CREATE, files.WRITE)
  const file = String.UTF8.encode('file')
  const source = changetype<usize>(file)
  say(`link: ${wasi.path_link(files.OUT, 0, source, file.byteLength, files.OUT, from, name.byteLength)}`)
}

/** Tries to open each path for reading below /in. */
function escapeFolder(): void {
  const paths = [
    '/etc/passwd',
    '../etc/passwd',
    '../../../../etc/passwd',
    './../task.json',
    '../node',
    '../proc/self/environ',
  ]
  for (let index = 0; index < paths.length; index++) {
    say(`${paths[index]}: ${files.openAt(files.IN, paths[index], 0, files.READ) < 0 ? 'refused' : 'OPENED'}`)
  }
}

function writeInput(): void {
  say(`existing: ${files.openAt(files.IN, 'data', files.TRUNCATE, files.WRITE) < 0 ? 'refused' : 'OPENED'}`)
  say(`new: ${files.openAt(files.IN, 'new', files.CREATE, files.WRITE) < 0 ? 'refused' : 'OPENED'}`)
}

function save(name: string, text: string): void {
  const fd = files.openAt(files.OUT, name, files.CREATE, files.WRITE)
  if (fd < 0) files.fail(`cannot create ${name}`)
  files.write(fd, text)
  files.close(fd)
}

function oddNames(): void {
  save('a\nb', '1')
  save('100%', '2')
  save('\x1b[31mred', '3')
  save('back\\slash', '4')
  save('.hidden', '5')
  save('grün', '6')
  save('\u202egnp.exe', '7')
}

function folders(): void {
  const name = String.UTF8.encode('deep')
  wasi.path_create_directory(files.OUT, changetype<usize>(name), name.byteLength)
  save('deep/down', 'x')
  save('empty', '')
}

/** Nests folders until their path is too long for the name of an output. */
function longNames(): void {
  save('kept', '1')
  let path = 'x'.repeat(200)
  for (let depth = 0; depth < 6; depth++) {
    const name = String.UTF8.encode(path)
    wasi.path_create_directory(files.OUT, changetype<usize>(name), name.byteLength)
    save(`${path}/file`, '2')
    path += `/${'x'.repeat(200)}`
  }
}

function terminal(): void {
  files.write(files.STDOUT, '\x1b[2J\x1b]0;owned\x07gone\r\nok\r')
  files.write(files.STDERR, 'to stderr')
}

function environment(): void {
  const sizes = memory.data(8, 4)
  wasi.environ_sizes_get(sizes, sizes + 4)
  say(`${load<u32>(sizes)} variables`)
}

export function _start(): void {
  const args = files.programArguments()
  const mode = args[0]
  if (mode === 'spin') spin()
  else if (mode === 'grow') grow()
  else if (mode === 'recurse') say(recurse(1).toString())
  else if (mode === 'flood') flood()
  else if (mode === 'fill') fill()
  else if (mode === 'sparse') sparse()
  else if (mode === 'files') many(false)
  else if (mode === 'folders-many') many(true)
  else if (mode === 'descriptors') descriptors()
  else if (mode === 'links') links()
  else if (mode === 'escape') escapeFolder()
  else if (mode === 'write-input') writeInput()
  else if (mode === 'odd-names') oddNames()
  else if (mode === 'folders') folders()
  else if (mode === 'long-names') longNames()
  else if (mode === 'terminal') terminal()
  else if (mode === 'environment') environment()
  else if (mode === 'exit') wasi.proc_exit(<i32>parseInt(args[1], 10))
  else files.fail(`unknown mode ${mode}`)
}
