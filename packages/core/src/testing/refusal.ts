import { assert, isBorgError } from '../errors.ts'

/** The code with which something is refused. Throws when it is not, and what is thrown that has no code. */
export async function refusal(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason ?? new Error('refused without a reason'),
  )
  assert(error !== undefined, 'nothing was refused')
  if (isBorgError(error)) return error.code
  throw error
}
