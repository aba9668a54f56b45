import { registerHooks } from 'node:module'
import { assert } from '@borgios/core'
import type { LedgerCore } from './ledger-core.ts'

/** One change of the source. */
export interface Edit {
  /** Below `packages`. */
  readonly file: string
  /** Stands there exactly once. */
  readonly from: string
  readonly to: string
}

const PACKAGES = new URL('../../', import.meta.resolve('@borgios/ledger'))
const CONSENSUS = new URL('ledger/src/consensus/', PACKAGES).href
const CERTIFICATE = new URL('light/src/certificate.ts', PACKAGES).href
const PARAMETER = 'mutant'
const editsOf = new Map<string, readonly Edit[]>()

const mutantOf = (url: string | undefined): string | undefined =>
  url?.startsWith(PACKAGES.href) === true ? (new URL(url).searchParams.get(PARAMETER) ?? undefined) : undefined

function edited(source: string, url: string, edits: readonly Edit[]): string {
  const file = new URL(url).pathname.slice(PACKAGES.pathname.length)
  let text = source
  for (const edit of edits) {
    if (edit.file !== file) continue
    assert(text.split(edit.from).length === 2, `"${edit.from}" stands once in ${file}`)
    text = text.replace(edit.from, () => edit.to)
  }
  return text
}

/** Modules of the core that are asked for with a mutant's name load each other with it, and are changed on the way in. */
function hook(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      const name = mutantOf(context.parentURL)
      if (name === undefined || !found.url.startsWith(CONSENSUS)) return found
      return { ...found, url: `${found.url}?${PARAMETER}=${name}` }
    },
    load: (url, context, next) => {
      const loaded = next(url, context)
      const edits = editsOf.get(mutantOf(url) ?? '')
      if (edits === undefined) return loaded
      return { ...loaded, source: edited(Buffer.from(loaded.source as Uint8Array).toString(), url, edits) }
    },
  })
}

/** The core with its source changed so. Production has no seam for it: this is a second copy of its modules. */
export async function loadMutant(edits: readonly Edit[]): Promise<LedgerCore> {
  if (editsOf.size === 0) hook()
  const name = `${editsOf.size}`
  editsOf.set(name, edits)
  const load = (file: string): Promise<Partial<LedgerCore>> => import(`${file}?${PARAMETER}=${name}`)
  const { createState } = await load(`${CONSENSUS}consensus-state.ts`)
  const { isWanted } = await load(`${CONSENSUS}receiving.ts`)
  const { recover } = await load(`${CONSENSUS}recover.ts`)
  const { step } = await load(`${CONSENSUS}step.ts`)
  const { verifyCertificate } = await load(CERTIFICATE)
  assert(createState && isWanted && recover && step && verifyCertificate, 'the core has its entry points')
  return { createState, isWanted, recover, step, verifyCertificate }
}
