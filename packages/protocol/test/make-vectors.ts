import { mkdirSync, writeFileSync } from 'node:fs'
import { made } from './vector-files.ts'

/** Writes `vectors/*.json` anew: `npm run vectors`. They are for other languages; a change of theirs is a change of the protocol. */
mkdirSync(new URL('vectors', import.meta.url), { recursive: true })
for (const [name, content] of Object.entries(made)) {
  writeFileSync(new URL(`vectors/${name}.json`, import.meta.url), `${JSON.stringify(content, null, 2)}\n`)
}
