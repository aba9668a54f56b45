import { diskFull } from '../errors.ts'

const isNoSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

/** Names the folder and what to do when `work` fails for want of room: throws NODE_DISK_FULL. `what` is what is kept there. */
export async function orDiskFull<Result>(what: string, folder: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (cause) {
    if (!isNoSpace(cause)) throw cause
    const remedy = 'free some space there, or have your quota raised'
    throw diskFull(`there is no room left for ${what} in ${folder}: ${remedy}`, { cause })
  }
}
