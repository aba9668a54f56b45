import { type Candidate, type ConsensusMessage, type Evidence, isConflict } from '@borgios/ledger'
import { type Certificate, type Committee, quorumOf, type VoteSubject } from '@borgios/protocol'

const textOf = ({ kind, epoch, slot, block }: VoteSubject): string =>
  `${kind}/${epoch}/${slot}/${kind === 'skip' ? '' : Buffer.from(block).toString('latin1')}`

/** Signatures for a world in which nobody forges: who made which one, and for what, stands in a book. */
export class SignatureBook {
  readonly #made = new WeakMap<Uint8Array, { readonly signer: Uint8Array; readonly text: string }>()

  readonly #voters = new Map<string, Set<Uint8Array>>()

  /** By whoever holds this key. */
  sign(signer: Uint8Array, text: string): Uint8Array {
    const signature = new Uint8Array(1)
    this.#made.set(signature, { signer, text })
    return signature
  }

  signVote(signer: Uint8Array, subject: VoteSubject): Uint8Array {
    const text = textOf(subject)
    const voters = this.#voters.get(text) ?? new Set()
    this.#voters.set(text, voters.add(signer))
    return this.sign(signer, text)
  }

  /** Whether a quorum signed this, wherever their votes are. */
  isCertified({ validators }: Committee, subject: VoteSubject): boolean {
    const voters = this.#voters.get(textOf(subject))
    const weight = validators.reduce((sum, one) => sum + (voters?.has(one.key) === true ? one.weight : 0), 0)
    return weight >= quorumOf(validators.reduce((sum, one) => sum + one.weight, 0))
  }

  isSigned(signature: Uint8Array, signer: Uint8Array, text: string): boolean {
    const made = this.#made.get(signature)
    return made !== undefined && made.signer === signer && made.text === text
  }

  /** What a shell checks before its core sees a message of this epoch. */
  isSound(committee: Committee, message: ConsensusMessage): boolean {
    switch (message.kind) {
      case 'vote': {
        const key = committee.validators[message.vote.voter]?.key
        return key !== undefined && this.isSigned(message.vote.signature, key, textOf(message.vote))
      }
      case 'certificate':
        return this.isSoundCertificate(committee, message.certificate)
      case 'candidate':
        return this.isSoundCandidate(committee, message.candidate)
      case 'status':
        return true
    }
  }

  isSoundCandidate(committee: Committee, { leader, hash, block }: Candidate): boolean {
    const key = committee.validators[leader]?.key
    return key !== undefined && this.isSigned(block.signature, key, Buffer.from(hash).toString('latin1'))
  }

  /** Signers strictly rise, each is in the committee, each signature stands, and together they weigh a quorum. */
  isSoundCertificate(committee: Committee, certificate: Certificate): boolean {
    const { validators, epoch } = committee
    if (certificate.epoch !== epoch) return false
    const text = textOf(certificate)
    let previous = -1
    let weight = 0
    for (const { voter, signature } of certificate.votes) {
      const validator = validators[voter]
      if (voter <= previous || validator === undefined) return false
      if (!this.isSigned(signature, validator.key, text)) return false
      previous = voter
      weight += validator.weight
    }
    return weight >= quorumOf(validators.reduce((sum, one) => sum + one.weight, 0))
  }

  /** Whether two statements really convict their signer. */
  convicts(committee: Committee, evidence: Evidence): boolean {
    const { first, second, offender } = evidence
    if (evidence.kind === 'votes') {
      const isSound = [evidence.first, evidence.second].every((vote) => this.isSound(committee, { kind: 'vote', vote }))
      const isSame = evidence.first.voter === offender && evidence.second.voter === offender
      return isSound && isSame && first.slot === second.slot && isConflict(evidence.first, evidence.second)
    }
    const isSound = [evidence.first, evidence.second].every((one) => this.isSoundCandidate(committee, one))
    const isSame = evidence.first.leader === offender && evidence.second.leader === offender
    const differ = Buffer.compare(evidence.first.hash, evidence.second.hash) !== 0
    return isSound && isSame && first.slot === second.slot && differ
  }
}
