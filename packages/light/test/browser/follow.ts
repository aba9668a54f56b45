import { nobleEd25519 } from '@borgios/crypto'
import { LightClient, verifyAccount, verifyReceipt } from '@borgios/light'
import {
  decodeCheckpoint,
  decodeEpochProof,
  decodeFinalityProof,
  decodeReceiptProof,
  decodeStateProof,
} from '@borgios/protocol'

/** What a browser is sent, in hex. */
export interface Sent {
  readonly checkpoint: string
  readonly nowMs: number
  readonly epochs: readonly string[]
  readonly finality: string
  readonly state: string
  readonly account: string
  readonly receipt: string
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

/** What it makes of it. */
export function follow({ checkpoint, nowMs, epochs, finality, state, account, receipt }: Sent) {
  const modules = { ed25519: nobleEd25519, clock: { nowMs: () => nowMs } }
  const options = { from: decodeCheckpoint(bytesOf(checkpoint)), unbondingMs: 1_000_000 }
  const client = new LightClient(options, modules)
  client.advance(epochs.map((epoch) => decodeEpochProof(bytesOf(epoch))))
  const restored = new LightClient({ ...options, from: client.save() }, modules)
  const block = restored.verifyHeader(decodeFinalityProof(bytesOf(finality)))
  return {
    epoch: restored.epoch,
    height: block.header.height,
    balance: `${verifyAccount(block, decodeStateProof(bytesOf(state)), bytesOf(account))?.balance}`,
    status: verifyReceipt(block, decodeReceiptProof(bytesOf(receipt))).status,
  }
}
