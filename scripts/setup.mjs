// @ts-check
import { setup } from './setup/index.mjs'

await setup()
