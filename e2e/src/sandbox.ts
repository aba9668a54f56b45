import { spawnSync } from 'node:child_process'
import type { Network } from './network.ts'

/** Why no jobs can run here, where bubblewrap is not installed. On a machine that has it, a sandbox that is not available is a fault. */
export async function whyNoSandbox(network: Network): Promise<string | undefined> {
  const { self } = await network.json<{ self: { load: { jobsWhy: string | null } } }>(['status'])
  const { jobsWhy } = self.load
  if (jobsWhy === null) return undefined
  if (spawnSync('bwrap', ['--version']).error !== undefined) return jobsWhy
  throw new Error(`the sandbox does not start: ${jobsWhy}`)
}
