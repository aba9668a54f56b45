/**
 * Fingerprint of a set of texts: two 32-bit FNV-1a hashes of each, mixed and XORed together, so that adding and removing are the same
 * cheap act. It tells two sets apart by accident only; whoever wants to can make two equal, and gains nothing by it.
 */
export class SetDigest {
  #high = 0
  #low = 0

  /** Adds the text, or removes it if it is in. */
  toggle(text: string): void {
    let high = 0x811c9dc5
    let low = 0x2545f491
    for (let index = 0; index < text.length; index += 1) {
      const char = text.charCodeAt(index)
      high = Math.imul(high ^ char, 0x01000193)
      low = Math.imul(low ^ char, 0x85ebca6b)
    }
    this.#high ^= mix(high)
    this.#low ^= mix(low)
  }

  /** Adds every text that is in the other and removes what is in both. */
  merge(other: SetDigest): void {
    this.#high ^= other.#high
    this.#low ^= other.#low
  }

  /** 16 hex digits. */
  toString(): string {
    return hex(this.#high) + hex(this.#low)
  }
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
