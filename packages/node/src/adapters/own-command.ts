import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/borgios.mjs', import.meta.url))
/** npm puts these on the path of what it starts; the user's shell does not search them. */
const NPM_BIN = join('node_modules', '.bin')

/** What to type to start this program again: its name if the shell finds it, `npx borgios` inside a project that has it, else its path. */
export function ownCommand(env: NodeJS.ProcessEnv = process.env, folder = env['INIT_CWD'] ?? process.cwd()): string {
  const searched = (env['PATH'] ?? '').split(delimiter).filter((path) => path !== '' && !path.endsWith(NPM_BIN))
  if (searched.some((path) => existsSync(join(path, 'borgios')))) return 'borgios'
  for (let project = folder; ; project = dirname(project)) {
    if (existsSync(join(project, NPM_BIN, 'borgios'))) return 'npx borgios'
    if (project === dirname(project)) return PROGRAM
  }
}
