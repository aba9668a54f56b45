import { LeaseId, NodeId } from '@borgios/core'
import { earningsOf, emissionTable, emittedTable, type Ledger, payoutTable, type StateReader } from '@borgios/ledger'
import type { EarnLineView, EmissionView } from '@borgios/protocol'

/** How an epoch ended for a node; undefined when it is too long ago. */
export function payoutView(state: StateReader, epoch: number, node: Uint8Array): EarnLineView['payout'] | undefined {
  const { payout, lines } = earningsOf(state, epoch, node)
  if (payout === undefined) return undefined
  const { outcome, passes, samples, gross, earned, burned, minted } = payout
  const amounts = { gross: String(gross), earned: String(earned), burned: String(burned), minted: String(minted) }
  const leases = lines.flatMap((line): { lease: LeaseId | null; amount: string }[] => {
    if (line.kind === 'lease') return [{ lease: LeaseId.fromBytes(line.lease), amount: String(line.amount) }]
    return line.kind === 'forgotten leases' ? [{ lease: null, amount: String(line.amount) }] : []
  })
  return { epoch, outcome, passes, samples, ...amounts, leases }
}

/** What epochs minted, each share with what it follows from. */
export function emissionView(ledger: Ledger): EmissionView {
  const { state } = ledger
  const { height, epoch, lastHeight } = ledger.status()
  const epochs = [...state.list(emittedTable)].map(([of, { remaining, pot, weight, dust, minted }]) => {
    const shares = sharesOf(state, of)
    const sum = shares.reduce((total, share) => total + share.minted, dust)
    return {
      epoch: of,
      remaining: String(remaining),
      pot: String(pot),
      weight: String(weight),
      shares: shares.map((share) => ({ ...share, weight: String(share.weight), minted: String(share.minted) })),
      dust: String(dust),
      minted: String(minted),
      isEqual: sum === minted,
    }
  })
  const remaining = String(state.get(emissionTable, true) ?? 0n)
  return { height, epoch, lastHeight, blocksLeft: lastHeight - height, remaining, epochs }
}

function sharesOf(state: StateReader, epoch: number) {
  const shares: { readonly node: NodeId; readonly weight: bigint; readonly minted: bigint }[] = []
  for (const [key, { earned, minted }] of state.list(payoutTable, { epoch, node: new Uint8Array(32) })) {
    if (key.epoch !== epoch) break
    if (minted > 0n) shares.push({ node: NodeId.fromBytes(key.node), weight: earned, minted })
  }
  return shares
}
