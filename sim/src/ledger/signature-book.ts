import { isBorgError } from '@borgios/core'
import { type Candidate, type ConsensusMessage, type Evidence, isConflict } from '@borgios/ledger'
import { type Certificate, type Committee, quorumOf, type VoteSubject, voteSigningBytes } from '@borgios/protocol'
import type { LedgerCore } from './ledger-core.ts'

const NETWORK = new Uint8Array(32)

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

const texts = new WeakMap<VoteSubject, string>()

/** What a signature is about. Votes travel as the objects they are, so each is put into bytes once. */
function textOf(subject: VoteSubject): string {
  const known = texts.get(subject)
  if (known !== undefined) return known
  const text = latin1(voteSigningBytes(NETWORK, subject))
  texts.set(subject, text)
  return text
}

/** Signatures for a world in which nobody forges: who made which one, and for what, stands in a book. */
export class SignatureBook {
  readonly #made = new WeakMap<Uint8Array, { readonly signer: Uint8Array; readonly text: string }>()

  readonly #ed25519 = {
    verify: (message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean =>
      this.isSigned(signature, key, latin1(message)),
  }
  readonly #verifyCertificate: LedgerCore['verifyCertificate']
  readonly #verdicts = new WeakMap<Certificate, { readonly committee: Committee; readonly isSound: boolean }>()
  readonly #voters = new Map<string, Set<Uint8Array>>()

  constructor({ verifyCertificate }: Pick<LedgerCore, 'verifyCertificate'>) {
    this.#verifyCertificate = verifyCertificate
  }

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
    return key !== undefined && this.isSigned(block.signature, key, latin1(hash))
  }

  /** By the same check that every node and every light client makes. */
  isSoundCertificate(committee: Committee, certificate: Certificate): boolean {
    const known = this.#verdicts.get(certificate)
    if (known?.committee === committee) return known.isSound
    const isSound = this.#isVerified(committee, certificate)
    this.#verdicts.set(certificate, { committee, isSound })
    return isSound
  }

  #isVerified(committee: Committee, certificate: Certificate): boolean {
    try {
      this.#verifyCertificate({ network: NETWORK, ed25519: this.#ed25519 }, committee, certificate)
      return true
    } catch (error) {
      if (isBorgError(error)) return false
      throw error
    }
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
