import { limits } from '@borgios/core'
import {
  AccountIdSchema,
  CounterSchema,
  InvitationSchema,
  NetworkIdSchema,
  NodeCertificateSchema,
  NodeIdSchema,
  SignatureSchema,
  strictObject,
} from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { WhySchema } from '../why.ts'
import { MEMBER_STATES } from './views.ts'

/** Asks a member how the asking node stands in the ledger; open to guests, who do not follow it. */
export const MEMBER_STANDING = 'ledger.standing.1'

/** Asks a member to hand an application to the sponsor it names; open to guests. */
export const MEMBER_APPLY = 'ledger.apply.1'

/** Brings an application to its sponsor. */
export const MEMBER_SPONSOR = 'ledger.sponsor.1'

/** Of the node that asks, as the last final block known to the one that answers has it. */
const StandingReplySchema = Type.Object({
  height: CounterSchema,
  epoch: CounterSchema,
  /** `unknown`: it never joined, or left and has its deposit back. */
  state: Type.Enum(['unknown', ...MEMBER_STATES]),
  /** Whether the ledger admits it now. */
  isMember: Type.Boolean(),
  /** Why the ledger stands still, as the one that answers sees it; empty while it runs. */
  stalledWhy: WhySchema,
})
export type StandingReply = Static<typeof StandingReplySchema>

/** A node that wants to become a member, and whom it asks to vouch for it. Signed by its operator. */
export const ApplicationSchema = strictObject({
  network: NetworkIdSchema,
  certificate: NodeCertificateSchema,
  /** A founder's operator needs none. */
  invitation: Type.Optional(InvitationSchema),
  sponsor: NodeIdSchema,
  /** The account of the node's user. */
  wallet: AccountIdSchema,
  capacityBytes: CounterSchema,
  cores: Type.Integer({ minimum: 0, maximum: 0xffff }),
  /** As the ledger writes releases. */
  release: Type.String({ pattern: '^[0-9a-z][0-9a-z.+-]*$', maxLength: limits.ledgerMoney.maxReleaseChars }),
  /** The consent is good up to and in this epoch. */
  untilEpoch: CounterSchema,
  /** Over the consent of the ledger's `join`. */
  nodeSignature: SignatureSchema,
  operatorSignature: SignatureSchema,
  /** Over all the rest. */
  signature: SignatureSchema,
})
export type Application = Static<typeof ApplicationSchema>

/** `working`: the sponsor sees to it; the ledger will know the node. `refused`: not by this sponsor, or not now. */
const ApplicationReplySchema = Type.Object({ outcome: Type.Enum(['working', 'refused']), why: WhySchema })
export type ApplicationReply = Static<typeof ApplicationReplySchema>

const standingReply = Compile(StandingReplySchema)
export const isStandingReply = (value: unknown): value is StandingReply => standingReply.Check(value)
const application = Compile(ApplicationSchema)
export const isApplication = (value: unknown): value is Application => application.Check(value)
const applicationReply = Compile(ApplicationReplySchema)
export const isApplicationReply = (value: unknown): value is ApplicationReply => applicationReply.Check(value)
