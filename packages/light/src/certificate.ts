import type { Ed25519 } from '@borgios/crypto'
import { type Certificate, type Committee, quorumOf, voteSigningBytes } from '@borgios/protocol'
import { foreignCertificate, forgedCertificate, shortOfQuorum } from './errors.ts'

/** What every check of signatures needs. */
export interface VerifyContext {
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly ed25519: Pick<Ed25519, 'verify'>
}

/** How much of a committee signed. */
export interface Support {
  readonly signatures: number
  readonly validators: number
  readonly weight: number
  readonly totalWeight: number
  /** Weight that decides. */
  readonly quorum: number
}

const totalWeight = (weights: readonly { readonly weight: number }[]): number =>
  weights.reduce((sum, { weight }) => sum + weight, 0)

/** Nobody of a committee signed. */
export const noSupport = ({ validators }: Committee): Support => {
  const total = totalWeight(validators)
  return { signatures: 0, validators: validators.length, weight: 0, totalWeight: total, quorum: quorumOf(total) }
}

/**
 * The one check of a certificate, which says who signed: votes of a quorum of this committee, each validator's once, every signature standing. Throws
 * LIGHT_CERTIFICATE_FOREIGN, LIGHT_CERTIFICATE_FORGED or LIGHT_QUORUM_SHORT; signatures are looked at last, since they cost the most.
 */
export function verifyCertificate(context: VerifyContext, committee: Committee, certificate: Certificate): Support {
  const { epoch, votes } = certificate
  if (epoch !== committee.epoch) {
    throw foreignCertificate(`a certificate of epoch ${epoch}, where the committee is that of epoch ${committee.epoch}`)
  }
  let previous = -1
  const cast = votes.map(({ voter, signature }) => {
    const validator = committee.validators[voter]
    if (validator === undefined || voter <= previous) throw forgedCertificate('a vote of nobody, or one counted twice')
    previous = voter
    return { ...validator, signature }
  })
  const weight = totalWeight(cast)
  const nobody = noSupport(committee)
  const { quorum } = nobody
  if (weight < quorum) throw shortOfQuorum(`votes of weight ${weight}, where a quorum has ${quorum}`)
  const message = voteSigningBytes(context.network, certificate)
  for (const { key, signature } of cast) {
    if (!context.ed25519.verify(message, signature, key))
      throw forgedCertificate('a vote whose signature does not stand')
  }
  return { ...nobody, signatures: cast.length, weight }
}
