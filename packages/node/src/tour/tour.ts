import type { CliContext } from '../cli/context.ts'
export async function tour(_context: CliContext, _options: { readonly once?: boolean }): Promise<number> {
  return 1
}
