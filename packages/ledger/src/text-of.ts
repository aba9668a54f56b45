/**
 * At most a few hundred bytes as a string of as many characters: the key of a map, in the order of the bytes. Not by a Buffer, which would
 * take small arrays off the heap: a third of the time.
 */
export const textOf = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, undefined, bytes)
