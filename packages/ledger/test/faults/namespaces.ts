import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

const OWN_NETWORK = ['--user', '--map-root-user', '--net'] as const
const HOLD = 'echo there && exec sleep infinity'

/** Why no networks can be cut here; undefined where they can. */
export function whyNoNamespaces(): string | undefined {
  const script = 'ip link add try0 type veth peer name try1 && ip rule add from 10.77.0.2 to 10.77.1.2 blackhole'
  const probe = spawnSync('unshare', [...OWN_NETWORK, 'sh', '-c', script])
  if (probe.status === 0) return undefined
  return `no networks of its own on this machine: ${String(probe.stderr ?? probe.error).trim()}`
}

/** Hosts with a network each, and a router between them that can drop what one says to another. All of it is gone with its processes. */
export class Namespaces implements AsyncDisposable {
  /** Of the router, then of each host. */
  readonly #holders: ChildProcess[] = []

  private constructor() {}

  static async open(hosts: number): Promise<Namespaces> {
    const opened = new Namespaces()
    await opened.#hold('unshare', [...OWN_NETWORK, 'sh', '-c', `echo 1 > /proc/sys/net/ipv4/ip_forward && ${HOLD}`])
    for (let host = 0; host < hosts; host += 1) await opened.#addHost(host)
    return opened
  }

  addressOf = (host: number): string => `10.77.${host}.2`

  /** Words before a command that is to run on a host. */
  within(host: number): readonly string[] {
    return this.#into(host + 1)
  }

  /** From now on nothing that `from` says comes to `to`; the other way is left as it is. */
  cut(from: number, to: number): void {
    this.#route(`ip rule add from ${this.addressOf(from)} to ${this.addressOf(to)} blackhole`)
  }

  mend(from: number, to: number): void {
    this.#route(`ip rule del from ${this.addressOf(from)} to ${this.addressOf(to)} blackhole`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const holder of this.#holders) holder.kill('SIGKILL')
    await Promise.all(this.#holders.map((holder) => once(holder, 'exit')))
  }

  #into(holder: number): readonly string[] {
    const { pid } = this.#holders[holder] ?? {}
    assert(pid !== undefined, `host ${holder - 1} is there`)
    return ['nsenter', '--target', String(pid), '--user', '--net', '--preserve-credentials', '--']
  }

  #route(script: string): void {
    const [command = '', ...words] = [...this.#into(0), 'sh', '-e', '-c', script]
    const { status, stderr } = spawnSync(command, words)
    assert.equal(status, 0, String(stderr))
  }

  async #hold(command: string, words: readonly string[]): Promise<ChildProcess> {
    const holder = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#holders.push(holder)
    assert(holder.stdout !== null)
    await once(holder.stdout, 'data')
    return holder
  }

  async #addHost(host: number): Promise<void> {
    const [command = '', ...words] = [...this.#into(0), 'unshare', '--net', 'sh', '-c', HOLD]
    const { pid } = await this.#hold(command, words)
    const router = `10.77.${host}.1`
    this.#route(`
      ip link add to${host} type veth peer name eth0 netns ${pid}
      ip addr add ${router}/24 dev to${host}
      ip link set to${host} up
      nsenter --target ${pid} --net -- sh -e -c '
        ip link set lo up
        ip addr add ${this.addressOf(host)}/24 dev eth0
        ip link set eth0 up
        ip route add default via ${router}'
    `)
  }
}
