// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const BWRAP = '/usr/bin/bwrap'

/** Why this user cannot start a sandbox; undefined when one starts, or when there is no bubblewrap, which is told elsewhere. */
function fault() {
  if (!existsSync(BWRAP)) return undefined
  const args = ['--unshare-all', '--ro-bind', '/', '/', 'true']
  const { status, stderr, error } = spawnSync(BWRAP, args, { encoding: 'utf8', timeout: 10_000 })
  if (status === 0) return undefined
  const said = error?.message ?? (stderr.trim() || 'bwrap said nothing')
  return (
    `nodes of this user run no jobs, all else works: ${said}. If user namespaces are switched off, look at the sysctls ` +
    'user.max_user_namespaces, kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns; ' +
    'in a container, allow it to create them'
  )
}

/** Only a warning: everything but jobs works without. */
export const sandbox = {
  title: 'sandbox for jobs',
  isReady: async () => fault() === undefined,
  prepare: async () => fault(),
}
