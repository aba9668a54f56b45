import { join } from 'node:path'

/** Where things are in the folder of one node. */
export interface NodePaths {
  readonly folder: string
  readonly config: string
  readonly nodeKey: string
  readonly operatorKey: string
  readonly genesis: string
  readonly invitation: string
  readonly certificate: string
  readonly addressBook: string
  readonly store: string
  readonly compute: string
  readonly ledger: string
  /** Which place of the ledger its user believes. */
  readonly checkpoint: string
  /** There once its user has had it leave the ledger. */
  readonly left: string
  readonly log: string
  /** What the process prints before it has a log, and how it died. */
  readonly output: string
  readonly socket: string
  readonly pid: string
  readonly lock: string
}

export const nodePaths = (folder: string): NodePaths => ({
  folder,
  config: join(folder, 'config.json'),
  nodeKey: join(folder, 'node.key'),
  operatorKey: join(folder, 'operator.key'),
  genesis: join(folder, 'genesis.json'),
  invitation: join(folder, 'invitation.json'),
  certificate: join(folder, 'certificate.json'),
  addressBook: join(folder, 'addresses.json'),
  store: join(folder, 'store'),
  compute: join(folder, 'compute'),
  ledger: join(folder, 'ledger'),
  checkpoint: join(folder, 'checkpoint.json'),
  left: join(folder, 'left.json'),
  log: join(folder, 'node.log'),
  output: join(folder, 'output.log'),
  socket: join(folder, 'daemon.sock'),
  pid: join(folder, 'daemon.pid'),
  lock: join(folder, 'daemon.lock'),
})

/** Where things are in the folder of an embedded network. */
export interface NetworkPaths {
  readonly folder: string
  readonly network: string
  readonly founderKey: string
  readonly nodes: string
  readonly lock: string
  /** Files put and jobs run here, whichever node did it: one user owns them all. */
  readonly records: string
}

export const networkPaths = (folder: string): NetworkPaths => ({
  folder,
  network: join(folder, 'network.json'),
  founderKey: join(folder, 'founder.key'),
  nodes: join(folder, 'nodes'),
  lock: join(folder, 'network.lock'),
  records: join(folder, 'records'),
})

/** The folder of one node of an embedded network; nodes count from 1. */
export const embeddedNodeFolder = (networkFolder: string, index: number): string =>
  join(networkPaths(networkFolder).nodes, String(index))
