import { readFileSync } from 'node:fs'
import { assert } from '@borgios/core'

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
assert(
  typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string',
  'the manifest of this package has a version',
)

/** The release of the core software that runs here. */
export const RELEASE: string = manifest.version
