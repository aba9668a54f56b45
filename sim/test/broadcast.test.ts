import assert from 'node:assert/strict'
import { test } from 'node:test'
import { broadcastFault, directoryFault, heightFault, settle, treeFault, World } from '@borgios/sim'

const framesOf = (world: World): number => world.hosts.reduce((sum, host) => sum + host.framesReceived, 0)

test('in a sound tree a broadcast costs one copy for each node but the publisher', () => {
  for (const nodes of [2, 9, 50]) {
    const world = new World({ seed: nodes })
    for (let count = 0; count < nodes; count += 1) {
      const [first] = world.hosts
      world.boot(world.addHost(), first === undefined ? [] : [first])
    }
    settle(world, 120_000, treeFault, directoryFault, heightFault)
    world.run(10_000)
    const before = framesOf(world)
    for (let count = 0; count < 20; count += 1) {
      const publisher = world.random.pick(world.hosts)
      assert(publisher !== undefined)
      world.publish(publisher)
      world.run(world.random.below(1_500))
    }
    settle(world, 5_000, broadcastFault)
    world.run(10_000)
    assert.equal(framesOf(world) - before, 20 * (nodes - 1))
  }
})
