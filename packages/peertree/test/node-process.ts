import { realNode } from './network-support.ts'

/** One node in a process of its own, for tests that kill and freeze it. Arguments: identity, then addresses to join through. */
const [n, ...contacts] = process.argv.slice(2)
const node = realNode(Number(n), contacts)
node.handle('test.pid', () => process.pid)
await node.start()
process.send?.(node.addresses())
process.on('disconnect', () => process.exit(0))
setInterval(() => {}, 60_000)
