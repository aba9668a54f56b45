import { readFileSync } from 'node:fs'
import { makeEd25519Vectors } from './make-ed25519-vectors.ts'
import { makeStatementVectors } from './make-statement-vectors.ts'

/** The vectors as they are made now, by file name. */
export const made = { ed25519: { vectors: makeEd25519Vectors() }, ...makeStatementVectors() }

/** The vectors as the committed file holds them. */
export const committed = <Name extends keyof typeof made>(name: Name): (typeof made)[Name] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as (typeof made)[Name]
