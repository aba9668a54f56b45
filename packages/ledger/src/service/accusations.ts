import { limits } from '@borgios/core'
import type { Operation } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
import type { Evidence } from '../consensus/consensus-io.ts'
import { type Accusation, encodeAccusation } from '../modules/members/evidence.ts'
import { memberOf } from '../modules/members/member.ts'
import { MEMBERS_MODULE } from '../modules/members/members-module.ts'
import { SLASH } from '../modules/members/slash.ts'
import type { StateReader } from '../state/state.ts'

/** What this node saw validators contradict themselves with, until the ledger has put them out. */
export class Accusations {
  readonly #open = new Map<string, Accusation>()

  /** `node`: 32 bytes, who signed both. */
  add(node: Uint8Array, evidence: Evidence): void {
    const key = hashKey(node)
    if (this.#open.has(key) || this.#open.size >= limits.ledgerCodec.maxValidators) return
    this.#open.set(key, { node, evidence: asSent(evidence) })
  }

  /** A duty: accuses one after another. */
  readonly duty = (state: StateReader): readonly Operation[] => {
    const operations: Operation[] = []
    for (const [key, accusation] of this.#open) {
      const member = memberOf(state, accusation.node)
      if (member === undefined || member.state === 'slashed') this.#open.delete(key)
      else operations.push({ module: MEMBERS_MODULE, kind: SLASH, body: encodeAccusation(accusation) })
    }
    return operations
  }
}

function asSent(evidence: Evidence): Accusation['evidence'] {
  if (evidence.kind === 'votes') return evidence
  const { first, second } = evidence
  return { kind: 'proposals', first: first.block, second: second.block }
}
