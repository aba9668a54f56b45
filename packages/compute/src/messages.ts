import { type JsonValue, limits } from '@borgios/core'
import {
  type ExecutorMessage,
  ExecutorMessageSchema,
  type RequesterMessage,
  RequesterMessageSchema,
} from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { badMessage } from './errors.ts'

const executorCheck = Compile(ExecutorMessageSchema)
const requesterCheck = Compile(RequesterMessageSchema)

/** A header that came from an executor. Throws COMPUTE_BAD_MESSAGE. */
export function executorMessage(header: JsonValue): ExecutorMessage {
  if (!executorCheck.Check(header)) throw badMessage('the node sent an unknown message')
  return header
}

/** A header that came from a requester. Throws COMPUTE_BAD_MESSAGE. */
export function requesterMessage(header: JsonValue): RequesterMessage {
  if (!requesterCheck.Check(header)) throw badMessage('the requester sent an unknown message')
  return header
}

/** A text of any length as the `why` of a message: cut to its bound, and without half a character at the cut. */
export const asWhy = (text: string): string => text.slice(0, limits.compute.maxWhyChars).toWellFormed()
