import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { borgios, jsonOf, type Outcome, type RunOptions } from './borgios.ts'
import { prepareFolder } from './prepare-folder.ts'

/** A node as `net tree --json` names it. */
export interface TreeNode {
  readonly id: string
  readonly pid: number | null
  readonly parent: string | null
  readonly children: readonly string[]
  readonly depth: number | null
  readonly state: string
}

export interface Tree {
  readonly root: string | null
  readonly degree: number
  readonly nodes: readonly TreeNode[]
}

const HEAL_TIMEOUT_MS = 60_000

/** A folder of its own below the system's; everything that runs on it is ended with it. */
export class Network implements AsyncDisposable {
  readonly folder: string
  readonly #temporary: string

  private constructor(temporary: string, below: string) {
    this.#temporary = temporary
    this.folder = join(temporary, below)
  }

  /** Nothing runs yet. */
  static async open(below = ''): Promise<Network> {
    return new Network(await mkdtemp(join(tmpdir(), 'borgios-e2e-')), below)
  }

  /** `parameters`: rules of the ledger that are to be others than usual. */
  static async up(nodes: number, below = '', parameters?: Readonly<Record<string, number | string>>): Promise<Network> {
    const network = await Network.open(below)
    if (parameters !== undefined) await prepareFolder(network.folder, nodes, parameters)
    const outcome = await network.run(['up', '--nodes', String(nodes)])
    if (outcome.code === 0) return network
    await network[Symbol.asyncDispose]()
    throw new Error(`up failed with ${outcome.code}: ${outcome.stderr}`)
  }

  run(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const end = words.indexOf('--')
    const at = end < 0 ? words.length : end
    return borgios([...words.slice(0, at), '--data', this.folder, ...words.slice(at)], options)
  }

  /** The result of a command that must go well. */
  async json<Result = Record<string, unknown>>(words: readonly string[]): Promise<Result> {
    const [first, ...rest] = splitAtEnd(words)
    const outcome = await this.run([...(first ?? []), '--json', ...rest.flat()])
    if (outcome.code !== 0)
      throw new Error(`${words.join(' ')} failed with ${outcome.code}: ${outcome.stderr}${outcome.stdout}`)
    return jsonOf(outcome) as Result
  }

  tree = (): Promise<Tree> => this.json<Tree>(['net', 'tree'])

  /** Waits for a state of the tree. */
  async until(what: string, holds: (tree: Tree) => boolean): Promise<Tree> {
    const deadlineMs = performance.now() + HEAL_TIMEOUT_MS
    for (;;) {
      const tree = await this.tree()
      if (holds(tree)) return tree
      if (performance.now() > deadlineMs) throw new Error(`never ${what}: ${JSON.stringify(tree)}`)
      await sleep(200)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(['down'])
    await rm(this.#temporary, { recursive: true, force: true })
  }
}

const splitAtEnd = (words: readonly string[]): readonly (readonly string[])[] => {
  const end = words.indexOf('--')
  return end < 0 ? [words] : [words.slice(0, end), words.slice(end)]
}

export const attached = (tree: Tree): readonly TreeNode[] => tree.nodes.filter((node) => node.state === 'attached')

/** Whether so many nodes hang in one tree whose parents and children agree. */
export function isWhole(tree: Tree, nodes: number): boolean {
  const there = attached(tree)
  const byId = new Map(there.map((node) => [node.id, node]))
  const roots = there.filter((node) => node.parent === null)
  const hang = there.every((node) => node.parent === null || byId.get(node.parent)?.children.includes(node.id))
  return there.length === nodes && roots.length === 1 && roots[0]?.id === tree.root && hang
}

/** Processes whose command line names a folder. */
export const processesOf = (folder: string): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && commandOf(pid).includes(folder))

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Whether a process runs; a zombie that nobody reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
