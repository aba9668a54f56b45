import { ephemeralAgreement, sealOnce } from '@borgios/crypto/native'
import { ByteWriter } from '@borgios/protocol'
import { Dealing, shareCommitment, shareKey } from '../../src/beacon/dealing.ts'
import type { Instance, Round } from '../../src/beacon/round.ts'

/** A dealing of these shares, each sealed and committed to as it should be, whether they fit together or not. */
export function craftDealing(
  round: Round<Instance>,
  dealer: number,
  commitment: Uint8Array,
  shares: readonly Uint8Array[],
): Dealing {
  const id = round.dealerId(dealer)
  const { agreementKey, agree } = ephemeralAgreement(new Uint8Array(32).fill(77))
  const writer = new ByteWriter().fixed(commitment).fixed(agreementKey)
  for (const [member, share] of shares.entries()) {
    const memberKey = round.agreementKey(member)
    const shared = memberKey === undefined ? undefined : agree(memberKey)
    if (shared === undefined) throw new Error('a member without a key')
    writer.fixed(shareCommitment(id, member, share))
    writer.fixed(sealOnce(shareKey(id, member, agreementKey, shared), share, id))
  }
  return new Dealing(writer.finish(), shares.length)
}
