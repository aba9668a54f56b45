import { readFileSync } from 'node:fs'
import { access, mkdir, mkdtemp, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { limits } from '@borgios/core'

/** A control group that holds one sandbox to its memory and number of processes. */
export interface ControlGroup {
  /** Moves a process in; what it starts from then on is in it too. */
  add(pid: number): Promise<void>
  /** CPU time of all that ever ran in it, user and system; undefined where this kernel does not count it for groups. */
  cpuMs(): number | undefined
  /** Whether the kernel killed a process of it for want of memory. */
  ranOutOfMemory(): Promise<boolean>
  /** Takes it away; may be repeated. Fails while one of its processes has not quite ended. */
  remove(): Promise<void>
}

/** Makes control groups in the kernel's file system at `root`, e.g. `/sys/fs/cgroup`. */
export interface ControlGroups {
  /** For status: `cgroup v2` or `cgroup v1`. */
  readonly version: string
  create(memoryBytes: number): Promise<ControlGroup>
}

/** All our groups lie below one of this name. */
const PARENT = 'borgios'
/** mkdtemp adds random letters. The process id tells whose it is when a node has crashed. */
const PREFIX = `job-${process.pid}-`

/** The control groups of this machine, or undefined when this user cannot make any. */
export async function openControlGroups(root: string): Promise<ControlGroups | undefined> {
  const groups = (await openVersion2(root)) ?? (await openVersion1(root))
  return groups !== undefined && (await works(groups)) ? groups : undefined
}

/** The folders may be there and belong to another user. */
async function works(groups: ControlGroups): Promise<boolean> {
  try {
    const trial = await groups.create(limits.compute.minMemoryBytes)
    await trial.remove().catch(() => {})
    return true
  } catch {
    return false
  }
}

async function openVersion2(root: string): Promise<ControlGroups | undefined> {
  const parent = join(root, PARENT)
  try {
    const controllers = await readFile(join(root, 'cgroup.controllers'), 'utf8')
    if (!/\bmemory\b/.test(controllers) || !/\bpids\b/.test(controllers)) return undefined
    await mkdir(parent, { recursive: true })
    await writeFile(join(parent, 'cgroup.subtree_control'), '+memory +pids')
    await removeStale(parent)
  } catch {
    return undefined
  }
  return {
    version: 'cgroup v2',
    async create(memoryBytes) {
      const folder = await mkdtemp(join(parent, PREFIX))
      await writeFile(join(folder, 'memory.max'), String(memoryBytes))
      await writeIfThere(join(folder, 'memory.swap.max'), '0')
      await writeFile(join(folder, 'pids.max'), String(limits.compute.maxTasks))
      return group([folder], join(folder, 'memory.events'), version2Cpu(folder))
    },
  }
}

async function openVersion1(root: string): Promise<ControlGroups | undefined> {
  const parents = { memory: join(root, 'memory', PARENT), pids: join(root, 'pids', PARENT) }
  try {
    await access(join(root, 'memory', 'memory.limit_in_bytes'))
    await access(join(root, 'pids', 'cgroup.procs'))
    for (const parent of Object.values(parents)) {
      await mkdir(parent, { recursive: true })
      await removeStale(parent)
    }
  } catch {
    return undefined
  }
  const cpu = await openVersion1Cpu(root)
  return {
    version: 'cgroup v1',
    async create(memoryBytes) {
      const memory = await mkdtemp(join(parents.memory, PREFIX))
      const pids = join(parents.pids, basename(memory))
      await mkdir(pids)
      await writeFile(join(memory, 'memory.limit_in_bytes'), String(memoryBytes))
      await writeFile(join(pids, 'pids.max'), String(limits.compute.maxTasks))
      const folders = [memory, pids]
      const cpuFolder = cpu === undefined ? undefined : join(cpu, basename(memory))
      if (cpuFolder !== undefined) {
        await mkdir(cpuFolder)
        folders.push(cpuFolder)
      }
      return group(folders, join(memory, 'memory.oom_control'), version1Cpu(cpuFolder))
    },
  }
}

/** The parent of groups that count CPU time, where this user can make them: it is not needed for any limit. */
async function openVersion1Cpu(root: string): Promise<string | undefined> {
  const parent = join(root, 'cpuacct', PARENT)
  try {
    await access(join(root, 'cpuacct', 'cpuacct.usage'))
    await mkdir(parent, { recursive: true })
    await removeStale(parent)
    await rmdir(await mkdtemp(join(parent, PREFIX)))
    return parent
  } catch {
    return undefined
  }
}

/** Version 2 counts CPU time in every group, whichever controllers are on. */
const version2Cpu = (folder: string) => (): number | undefined => {
  const usec = /^usage_usec (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))?.[1]
  return usec === undefined ? undefined : Number(usec) / 1000
}

const version1Cpu = (folder: string | undefined) => (): number | undefined =>
  folder === undefined ? undefined : Number(readFileSync(join(folder, 'cpuacct.usage'), 'utf8')) / 1_000_000

/** Removes the groups of nodes that have crashed. Those of other nodes on this machine stay. */
async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = /^job-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || (await exists(`/proc/${pid}`))) continue
    // A process still in it ends with its node within moments; then the next start removes the group.
    await rmdir(join(parent, name)).catch(() => {})
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

/** Both versions count kills on a line `oom_kill N`, each in a file of its own. */
const group = (folders: readonly string[], eventsPath: string, cpuMs: () => number | undefined): ControlGroup => ({
  cpuMs,
  async add(pid) {
    for (const folder of folders) await writeFile(join(folder, 'cgroup.procs'), String(pid))
  },
  async ranOutOfMemory() {
    const kills = /^oom_kill (\d+)$/m.exec(await readFile(eventsPath, 'utf8'))?.[1]
    return kills !== undefined && kills !== '0'
  },
  async remove() {
    for (const folder of folders) await rmdir(folder).catch(unlessGone)
  },
})

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Without swap the kernel may leave the file out. */
async function writeIfThere(path: string, value: string): Promise<void> {
  try {
    await writeFile(path, value)
  } catch {
    return
  }
}
