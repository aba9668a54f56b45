// @ts-check
import { existsSync } from 'node:fs'
import { arch } from 'node:process'
import { fileURLToPath } from 'node:url'

/** The folder the project was cloned into, without a slash at its end. */
export const house = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Where npm links the programs of installed packages. */
export const programs = `${house}/node_modules/.bin`

/** The Node every program of the project runs on: it comes as a pinned npm package without an install script. */
export const shippedNode = `${house}/node_modules/node-linux-${arch}/bin/node`

export const hasShippedNode = () => existsSync(shippedNode)

/** The environment for programs of the house: whoever asks for `node` gets the shipped one. */
export const houseEnvironment = () => ({ ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}` })
