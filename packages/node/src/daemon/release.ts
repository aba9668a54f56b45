import manifest from '../../package.json' with { type: 'json' }

/** The release of the core software that runs here. */
export const RELEASE: string = manifest.version
