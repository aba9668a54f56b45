/** The rooms and their levels: a room imports only from rooms of a lower level. The one table of it. */
export const ROOM_LEVELS: ReadonlyMap<string, number> = new Map([
  ['core', 0],
  ['crypto', 1],
  ['protocol', 2],
  ['peertree', 3],
  ['light', 3],
  ['ledger', 4],
  ['store', 4],
  ['compute', 5],
  ['node', 7],
])

/** What stands beside the rooms: each may import rooms below its level, and nothing imports it. */
export const SIDE_LEVELS: ReadonlyMap<string, number> = new Map([
  ['sim', 7],
  ['e2e', 8],
  ['bench', 8],
  ['scripts', 0],
])

/** Entry points that must run in a browser: nothing they reach may ask for a module of Node. */
export const BROWSER_ROOMS: readonly string[] = ['core', 'crypto', 'protocol', 'light']

/** npm packages that need nothing of Node: the only ones that browser entry points may reach. */
export const BROWSER_PACKAGES: ReadonlySet<string> = new Set([
  '@noble/curves',
  '@noble/hashes',
  '@scure/base',
  'canonicalize',
  'typebox',
])

/** Prefix of the names of the house's own packages. */
export const SCOPE = '@borgios/'
