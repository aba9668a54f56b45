import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { ownCommand } from './own-command.ts'

/** What the program takes from its environment. Nothing else reads it. */
export interface Environment {
  /** Where a network is kept when `--data` does not say. */
  readonly defaultDataFolder: string
  /** For what is gone when the program ends. */
  readonly temporaryFolder: string
  /** NO_COLOR (no-color.org) or a dumb terminal. */
  readonly plainText: boolean
  /** A build server: never ask, never draw. */
  readonly ci: boolean
  readonly debug: boolean
  /** What to type to start this program again. */
  readonly ownCommand: string
}

/** Reads the environment in one place. Relative XDG paths are ignored, as the specification says. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const xdg = env['XDG_DATA_HOME']
  const dataHome = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share')
  const isSet = (name: string) => (env[name] ?? '') !== ''
  return {
    defaultDataFolder: join(dataHome, 'borgios'),
    temporaryFolder: tmpdir(),
    plainText: isSet('NO_COLOR') || env['TERM'] === 'dumb',
    ci: isSet('CI'),
    debug: isSet('BORGIOS_DEBUG'),
    ownCommand: ownCommand(env),
  }
}

/**
 * The environment of a node's process: what a program needs to start, and nothing that could change how Node behaves. Few malloc
 * arenas, as the shards that pass through several threads would otherwise leave each its own pile of free memory.
 */
export function daemonEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'TMPDIR', 'XDG_RUNTIME_DIR', 'BORGIOS_DEBUG']
  const entries = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))
  return { ...Object.fromEntries(entries), MALLOC_ARENA_MAX: '2' }
}
