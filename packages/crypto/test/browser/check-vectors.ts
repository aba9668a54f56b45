import { isBorgError, NodeId } from '@borgios/core'
import { networkIdOf, nobleEd25519, openEnvelope, parseGenesis, sealEnvelope } from '@borgios/crypto'
import type { Ed25519Vector } from '../make-ed25519-vectors.ts'
import type { makeStatementVectors } from '../make-statement-vectors.ts'

export type VectorFiles = Omit<ReturnType<typeof makeStatementVectors>, 'credentials'> & {
  readonly ed25519: { readonly vectors: readonly Ed25519Vector[] }
}

export interface Outcome {
  readonly checked: number
  /** Names of vectors that came out otherwise. */
  readonly wrong: readonly string[]
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16))

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'ok'
  } catch (error) {
    return isBorgError(error) ? error.code : String(error)
  }
}

/** Decides all vectors with what a browser has, and seals and opens an envelope of its own. */
export function checkVectors({ ed25519, envelope, genesis }: VectorFiles): Outcome {
  const wrong: string[] = []
  const expect = (name: string, isRight: boolean) => isRight || wrong.push(name)
  for (const { name, message, signature, publicKey, accept } of ed25519.vectors) {
    expect(name, nobleEd25519.verify(bytesOf(message), bytesOf(signature), bytesOf(publicKey)) === accept)
  }
  const context = { ed25519: nobleEd25519, network: envelope.network, nowMs: envelope.nowMs }
  for (const { name, text, expect: code } of envelope.vectors) {
    expect(name, codeOf(() => openEnvelope(new TextEncoder().encode(text), context)) === code)
  }
  for (const { canonical, network } of genesis.vectors) {
    expect(network, networkIdOf(parseGenesis(JSON.parse(canonical))) === network)
  }
  const signer = nobleEd25519.signerFromSeed(new Uint8Array(32).fill(9))
  const recipient = { audience: 'everyone' } as const
  const fields = { network: envelope.network, type: 'own', recipient, timeMs: envelope.nowMs, sequence: 1, body: 'ü' }
  expect('an own one', openEnvelope(sealEnvelope(signer, fields), context).from === NodeId.fromBytes(signer.publicKey))
  return { checked: ed25519.vectors.length + envelope.vectors.length + genesis.vectors.length + 1, wrong }
}
