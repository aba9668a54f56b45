import { createJobService, defaultJobLimits, type JobFiles, openSandbox } from '@borgios/compute'
import type { PeerNetwork } from '@borgios/peertree'
import { type Coding, createFileStore, type FileStore } from '@borgios/store'
import type { OpenRooms, Rooms, RoomsContext } from './rooms.ts'

/** Opens the real rooms and wires them to each other. */
export const openRooms: OpenRooms = async (context) => {
  const { identity, config, paths, clock, timers, random, ed25519, logger } = context
  const shared = { signer: identity.signer, ed25519, networkId: identity.network, clock, timers, random, logger }
  const tree = await openTree(context)
  const store = await createFileStore(
    {
      folder: paths.store,
      capacityBytes: config.capacityBytes,
      coding: config.coding,
      repair: { graceMs: config.repairGraceMs },
    },
    { ...shared, network: tree.network },
  )
  const sandbox = await openSandbox({ folder: `${paths.compute}/sandbox` }, { clock, timers, logger })
  const compute = createJobService(
    { folder: paths.compute, slots: config.jobSlots },
    { ...shared, network: tree.network, sandbox, files: jobFiles(store, tree.network, config.coding) },
  )
  return {
    network: tree.network,
    store,
    compute,
    jobLimits: defaultJobLimits,
    addresses: () => tree.addresses(),
    async stop() {
      await compute.stop()
      await store.stop()
      await tree.stop()
    },
  } satisfies Rooms
}

/** Where jobs find their inputs and leave their outputs. */
function jobFiles(store: FileStore, network: PeerNetwork, coding: Coding): JobFiles {
  return {
    get: (capability, signal) => store.get(capability, { signal }),
    async put(name, bytes, content, signal) {
      const options = { name, totalBytes: bytes, coding: codingFor(storingNodes(network), coding), signal }
      return (await store.put(content, options)).capability
    },
  }
}

const storingNodes = (network: PeerNetwork): number =>
  network.members().filter((member) => member.state === 'up' && member.services.includes('store')).length

/**
 * The wished coding, or, while fewer nodes are up than it needs, the safest one they can hold: a job's output must not be lost
 * because a node is away just now.
 */
export function codingFor(nodes: number, wished: Coding): Coding {
  if (nodes >= wished.data + wished.parity) return wished
  const parity = Math.max(1, Math.min(wished.parity, Math.floor((nodes - 1) / 2)))
  return { data: Math.max(1, nodes - parity), parity }
}
