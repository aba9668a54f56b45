import type { NodeId } from '@borgios/core'
import type { Member } from '@borgios/peertree'
import { ambiguousSubject, unknownSubject } from '../errors.ts'

/** The one member whose id begins so. Throws NODE_UNKNOWN or NODE_AMBIGUOUS. */
export function findNode(members: readonly Member[], beginning: string): NodeId {
  const found = members.filter((member) => member.node.startsWith(beginning))
  const [first] = found
  if (first === undefined) {
    throw unknownSubject(`no node here has an id that begins with "${beginning}". "borgios net tree" shows them`)
  }
  if (found.length > 1) throw ambiguousSubject(`${found.length} nodes begin with "${beginning}": give more of the id`)
  return first.node
}
