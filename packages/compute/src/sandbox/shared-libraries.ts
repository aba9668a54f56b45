import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The files among the lines of ldd: `name => /path (0x...)` and the loader's `/path (0x...)`. The vDSO is no file. */
export const parseLdd = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const path = /(?:=>|^)\s*(\/\S+)\s+\(0x[0-9a-f]+\)$/.exec(line.trimEnd())?.[1]
    return path === undefined ? [] : [path]
  })

/** The shared libraries a program of ours needs, at the paths where its loader finds them. */
export async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program])
  return parseLdd(stdout)
}
