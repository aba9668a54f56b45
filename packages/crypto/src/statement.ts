import { canonicalJsonBytes, decodeBase64Url, encodeBase64Url, type JsonObject } from '@borgios/core'
import type { Ed25519, Signer } from './ed25519.ts'
import { badSignature, malformed } from './errors.ts'

/** A JSON object with a signature over all the rest of it. */
export type Signed<Body extends JsonObject> = Body & { readonly signature: string }

const encoder = new TextEncoder()

/**
 * The bytes that are signed: a label naming the kind of statement, so that no statement can pass for one of another kind, and
 * the canonical JSON of the object without its signature.
 */
function signedBytes(kind: string, body: JsonObject): Uint8Array {
  const label = encoder.encode(`borgios/${kind}\n`)
  const json = canonicalJsonBytes(body)
  const bytes = new Uint8Array(label.length + json.length)
  bytes.set(label)
  bytes.set(json, label.length)
  return bytes
}

/** Signs an object. `kind` carries its version, e.g. `envelope/1`. */
export function signStatement<Body extends JsonObject>(signer: Signer, kind: string, body: Body): Signed<Body> {
  return { ...body, signature: encodeBase64Url(signer.sign(signedBytes(kind, body))) }
}

/** Checks the signature of an object under one public key. Throws CRYPTO_MALFORMED or CRYPTO_BAD_SIGNATURE. */
export function verifyStatement(
  ed25519: Ed25519,
  kind: string,
  statement: Signed<JsonObject>,
  publicKey: Uint8Array,
): void {
  const { signature, ...body } = statement
  const bytes = decodeBase64Url(signature)
  if (bytes === undefined) throw malformed(`the signature of this ${kind} is not base64url`)
  if (!ed25519.verify(signedBytes(kind, body), bytes, publicKey)) {
    throw badSignature(`the signature of this ${kind} does not stand`)
  }
}
