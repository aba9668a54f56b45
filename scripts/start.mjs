// @ts-check
import { become } from './setup/command.mjs'
import { house, houseEnvironment, shippedNode } from './setup/house.mjs'
import { setup } from './setup/index.mjs'

await setup()
const args = [`${house}/packages/node/bin/borgios.mjs`, 'tour', ...process.argv.slice(2)]
process.exitCode = await become(shippedNode, args, houseEnvironment())
