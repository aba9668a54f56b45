import { canonicalJson, type JsonObject, type JsonValue, limits, type OperatorId } from '@borgios/core'
import {
  type EnvelopeFields,
  type Genesis,
  type Invitation,
  type NodeCertificate,
  networkIdOf,
  type Signer,
  sealEnvelope,
  signInvitation,
  signNodeCertificate,
  signStatement,
} from '@borgios/crypto'
import {
  founder,
  founderId,
  genesis,
  guestOperator,
  NOW_MS,
  network,
  node,
  nodeId,
  operatorId,
  otherNetwork,
  otherNode,
  otherNodeId,
} from './people.ts'

export interface EnvelopeVector {
  readonly name: string
  /** UTF-8 of the bytes that arrive. */
  readonly text: string
  /** `ok`, or the code of the error. */
  readonly expect: string
}

const fields: EnvelopeFields = {
  network,
  type: 'vector.test',
  recipient: { audience: 'members' },
  timeMs: NOW_MS,
  sequence: 7,
  body: { text: 'héllo', numbers: [1, 0.5, 1e21], nothing: null },
}
const seal = (changes: Partial<EnvelopeFields> = {}, signer: Signer = node): string =>
  new TextDecoder().decode(sealEnvelope(signer, { ...fields, ...changes }))

const sealed = JSON.parse(seal()) as JsonObject
const altered = (changes: JsonObject): string => canonicalJson({ ...sealed, ...changes })
const without = (field: string): string =>
  canonicalJson(Object.fromEntries(Object.entries(sealed).filter(([name]) => name !== field)))
/** Properly signed, whatever it holds. */
const signed = (changes: JsonObject): string => {
  const { signature: _, ...body } = { ...sealed, ...changes }
  return canonicalJson(signStatement(node, 'envelope/1', body as JsonObject))
}

const alterations: readonly (readonly [field: string, value: JsonValue, code: string])[] = [
  ['network', otherNetwork, 'CRYPTO_FOREIGN_NETWORK'],
  ['type', 'vector.other', 'CRYPTO_BAD_SIGNATURE'],
  ['from', otherNodeId, 'CRYPTO_BAD_SIGNATURE'],
  ['audience', 'everyone', 'CRYPTO_BAD_SIGNATURE'],
  ['timeMs', NOW_MS + 1, 'CRYPTO_BAD_SIGNATURE'],
  ['sequence', 8, 'CRYPTO_BAD_SIGNATURE'],
  ['body', { text: 'hello', numbers: [1, 0.5, 1e21], nothing: null }, 'CRYPTO_BAD_SIGNATURE'],
  ['body', null, 'CRYPTO_BAD_SIGNATURE'],
  ['signature', 'A'.repeat(86), 'CRYPTO_BAD_SIGNATURE'],
]

const shapes: readonly (readonly [name: string, text: string])[] = [
  ['no recipient and no audience', signed({ audience: undefined as unknown as null })],
  ['both recipient and audience', signed({ to: otherNodeId })],
  ['a field that nobody knows', signed({ extra: 1 })],
  ['a negative sequence', signed({ sequence: -1 })],
  ['a fraction of a millisecond', signed({ timeMs: NOW_MS + 0.5 })],
  ['a time as text', signed({ timeMs: String(NOW_MS) })],
  ['a type in capitals', signed({ type: 'Vector' })],
  ['a type that is too long', signed({ type: 'v'.repeat(limits.envelope.maxTypeChars + 1) })],
  ['an audience nobody knows', signed({ audience: 'guests' })],
  ['a sender whose id is not canonical', signed({ from: `${nodeId.slice(0, -1)}b` })],
  ['an operator as sender', signed({ from: operatorId })],
  ['a signature cut short', altered({ signature: 'A'.repeat(85) })],
  ['a signature in a second spelling', altered({ signature: `${'A'.repeat(85)}B` })],
  ...['network', 'type', 'from', 'timeMs', 'sequence', 'body', 'signature'].map(
    (field) => [`no ${field}`, without(field)] as const,
  ),
  ['a space before', ` ${seal()}`],
  ['a key twice', seal().replace('"sequence":7', '"sequence":7,"sequence":7')],
  ['cut short', seal().slice(0, -1)],
  ['nested too deep', signed({ body: JSON.parse('['.repeat(40) + ']'.repeat(40)) as JsonValue })],
  ['an array', '[]'],
  ['nothing', ''],
]

const envelopes = (): EnvelopeVector[] => [
  { name: 'a broadcast to members', text: seal(), expect: 'ok' },
  { name: 'a broadcast to everyone', text: seal({ recipient: { audience: 'everyone' } }), expect: 'ok' },
  { name: 'a letter', text: seal({ recipient: { to: otherNodeId }, body: 'x' }), expect: 'ok' },
  { name: 'as old as may be', text: seal({ timeMs: NOW_MS - limits.envelope.maxAgeMs }), expect: 'ok' },
  { name: 'too old', text: seal({ timeMs: NOW_MS - limits.envelope.maxAgeMs - 1 }), expect: 'CRYPTO_NOT_FRESH' },
  { name: 'as far ahead as may be', text: seal({ timeMs: NOW_MS + limits.envelope.maxAheadMs }), expect: 'ok' },
  {
    name: 'too far ahead',
    text: seal({ timeMs: NOW_MS + limits.envelope.maxAheadMs + 1 }),
    expect: 'CRYPTO_NOT_FRESH',
  },
  { name: 'of another network', text: seal({ network: otherNetwork }), expect: 'CRYPTO_FOREIGN_NETWORK' },
  {
    name: 'signed as another kind of statement',
    text: canonicalJson(signStatement(node, 'node-certificate/1', (({ signature: _, ...rest }) => rest)(sealed))),
    expect: 'CRYPTO_BAD_SIGNATURE',
  },
  {
    name: 'signed by another node',
    text: altered({ signature: (JSON.parse(seal({}, otherNode)) as { signature: string }).signature }),
    expect: 'CRYPTO_BAD_SIGNATURE',
  },
  ...alterations.map(([field, value, expect], index) => ({
    name: `${field} altered (${index})`,
    text: altered({ [field]: value }),
    expect,
  })),
  ...shapes.map(([name, text]) => ({ name, text, expect: 'CRYPTO_MALFORMED' })),
]

const large: Genesis = {
  version: 1,
  name: 'Ünïcode ☁',
  random: `${'7'.repeat(51)}a`,
  founders: [founderId, operatorId],
}

const genesisVectors = () =>
  [genesis, large].map((document) => ({
    document,
    canonical: canonicalJson(document),
    network: networkIdOf(document),
  }))

export interface CredentialVector {
  readonly name: string
  readonly operator: OperatorId
  readonly certificate: NodeCertificate
  readonly invitation?: Invitation
  readonly expect: string
}

const certificateBody = { network, node: nodeId, operator: operatorId }
const certificate = signNodeCertificate(guestOperator, certificateBody)
const invitationBody = { network, operator: operatorId, founder: founderId, notAfterMs: NOW_MS }
const invitation = signInvitation(founder, invitationBody)
const foundersOwn = signNodeCertificate(founder, { ...certificateBody, operator: founderId })
const REFUSED = 'CRYPTO_BAD_CREDENTIALS'

const credentials = (): CredentialVector[] => [
  { name: "a founder's node", operator: founderId, certificate: foundersOwn, expect: 'ok' },
  {
    name: "an invited operator's node, at the last moment",
    operator: operatorId,
    certificate,
    invitation,
    expect: 'ok',
  },
  { name: 'no invitation', operator: operatorId, certificate, expect: REFUSED },
  ...[
    { name: 'the certificate names another network', change: { network: otherNetwork } },
    { name: 'the certificate names another node', change: { node: otherNodeId } },
  ].map(({ name, change }) => ({
    name,
    operator: operatorId,
    certificate: signNodeCertificate(guestOperator, { ...certificateBody, ...change }),
    invitation,
    expect: REFUSED,
  })),
  {
    name: 'the certificate is signed by the node itself',
    operator: operatorId,
    certificate: signNodeCertificate(node, certificateBody),
    invitation,
    expect: REFUSED,
  },
  ...[
    { name: 'the invitation has run out', change: { notAfterMs: NOW_MS - 1 }, by: founder },
    { name: 'the invitation names another network', change: { network: otherNetwork }, by: founder },
    { name: 'the invitation is for another operator', change: { operator: founderId }, by: founder },
    { name: 'the invitation is from no founder', change: { founder: operatorId }, by: guestOperator },
    { name: 'the invitation is signed by the invited', change: {}, by: guestOperator },
  ].map(({ name, change, by }) => ({
    name,
    operator: operatorId,
    certificate,
    invitation: signInvitation(by, { ...invitationBody, ...change }),
    expect: REFUSED,
  })),
  {
    name: 'the invitation was prolonged after it was signed',
    operator: operatorId,
    certificate,
    invitation: { ...invitation, notAfterMs: NOW_MS + 1 },
    expect: REFUSED,
  },
]

/** Vectors of everything that is signed, by file name. */
export const makeStatementVectors = () => ({
  envelope: { network, nowMs: NOW_MS, vectors: envelopes() },
  genesis: { vectors: genesisVectors() },
  credentials: { genesis, nowMs: NOW_MS, node: nodeId, vectors: credentials() },
})
