import { localFile, localFileMissing, notAFolder } from '../errors.ts'

/** What the operating system refused, such as a folder that cannot be made, as a sentence; everything else as it is. */
export function explainSystemError(thrown: unknown): unknown {
  if (!(thrown instanceof Error && 'code' in thrown && 'path' in thrown)) return thrown
  const { code, path } = thrown
  const details = { cause: thrown }
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return localFile(
        `you may not write or look into ${path} (${code}): choose another place, such as with --data`,
        details,
      )
    case 'EEXIST':
    case 'ENOTDIR':
      return notAFolder(`${path} cannot be a folder: a file is in its way`, details)
    case 'ENOENT':
      return localFileMissing(`there is no ${path}, and it cannot be made`, details)
    default:
      return thrown
  }
}
