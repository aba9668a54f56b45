import { decodeBase64Url } from '@borgios/core'
import { nobleEd25519 } from '@borgios/crypto'
import { accountRecords, LedgerReader } from '@borgios/light'
import { decodeCheckpoint, isLightAnswer, type LightRequest } from '@borgios/protocol'

/** What a page of a browser begins with, in hex; the rest it asks for. */
export interface Beginning {
  readonly checkpoint: string
  readonly nowMs: number
  readonly account: string
  readonly transaction: string
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

/** `ask`: takes a question and gives an answer as JSON, parts in base64url. */
export async function read(
  { checkpoint, nowMs, account, transaction }: Beginning,
  ask: (request: string) => Promise<string>,
): Promise<string> {
  const reader = new LedgerReader(
    { checkpoint: decodeCheckpoint(bytesOf(checkpoint)), unbondingMs: 1_000_000 },
    {
      async ask(request: LightRequest) {
        const answer: unknown = JSON.parse(await ask(JSON.stringify(request)))
        if (!isLightAnswer(answer)) throw new Error('no answer')
        return answer.parts.map((part) => decodeBase64Url(part) ?? new Uint8Array())
      },
      ed25519: nobleEd25519,
      clock: { nowMs: () => nowMs },
    },
  )
  const { value, block } = await reader.record(accountRecords, bytesOf(account))
  const receipt = await reader.receipt(bytesOf(transaction))
  return JSON.stringify({
    height: block.header.height,
    balance: String(value?.balance),
    status: receipt.value.status,
    signatures: block.support.signatures,
  })
}
