import { limits } from '@borgios/core'
import { Type } from 'typebox'

/** What people are told of why something is as it is: a sentence or two. */
export const WhySchema = Type.String({ maxLength: limits.node.maxWhyChars })

/** Code of an error, such as `STORE_DISK_FULL`. */
export const ErrorCodeSchema = Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', maxLength: 64 })
