/** SHA-256 (FIPS 180-4) over bytes that arrive in pieces; every piece but the last is a multiple of 64 bytes. */

const BLOCK_BYTES = 64
const ROUND: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]
const state: usize = memory.data(32, 16)
const schedule: usize = memory.data(256, 16)
const tail: usize = memory.data(128, 16)
let totalBytes: u64 = 0

export function begin(): void {
  totalBytes = 0
  store<u32>(state, 0x6a09e667, 0)
  store<u32>(state, 0xbb67ae85, 4)
  store<u32>(state, 0x3c6ef372, 8)
  store<u32>(state, 0xa54ff53a, 12)
  store<u32>(state, 0x510e527f, 16)
  store<u32>(state, 0x9b05688c, 20)
  store<u32>(state, 0x1f83d9ab, 24)
  store<u32>(state, 0x5be0cd19, 28)
}

function compress(block: usize): void {
  const words = schedule
  for (let index: usize = 0; index < 64; index += 4) store<u32>(words + index, bswap<u32>(load<u32>(block + index)))
  for (let index: usize = 64; index < 256; index += 4) {
    const near = load<u32>(words + index - 8)
    const far = load<u32>(words + index - 60)
    const sigma1 = rotr<u32>(near, 17) ^ rotr<u32>(near, 19) ^ (near >> 10)
    const sigma0 = rotr<u32>(far, 7) ^ rotr<u32>(far, 18) ^ (far >> 3)
    store<u32>(words + index, sigma1 + load<u32>(words + index - 28) + sigma0 + load<u32>(words + index - 64))
  }
  let a = load<u32>(state, 0)
  let b = load<u32>(state, 4)
  let c = load<u32>(state, 8)
  let d = load<u32>(state, 12)
  let e = load<u32>(state, 16)
  let f = load<u32>(state, 20)
  let g = load<u32>(state, 24)
  let h = load<u32>(state, 28)
  for (let round: i32 = 0; round < 64; round++) {
    const choose = g ^ (e & (f ^ g))
    const majority = (a & b) | (c & (a | b))
    const sum1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)
    const sum0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)
    const mixed = h + sum1 + choose + unchecked(ROUND[round]) + load<u32>(words + ((<usize>round) << 2))
    h = g
    g = f
    f = e
    e = d + mixed
    d = c
    c = b
    b = a
    a = mixed + sum0 + majority
  }
  store<u32>(state, load<u32>(state, 0) + a, 0)
  store<u32>(state, load<u32>(state, 4) + b, 4)
  store<u32>(state, load<u32>(state, 8) + c, 8)
  store<u32>(state, load<u32>(state, 12) + d, 12)
  store<u32>(state, load<u32>(state, 16) + e, 16)
  store<u32>(state, load<u32>(state, 20) + f, 20)
  store<u32>(state, load<u32>(state, 24) + g, 24)
  store<u32>(state, load<u32>(state, 28) + h, 28)
}

export function update(bytes: usize, length: i32): void {
  totalBytes += length
  const whole = length & ~(BLOCK_BYTES - 1)
  for (let offset = 0; offset < whole; offset += BLOCK_BYTES) compress(bytes + offset)
  if (whole < length) memory.copy(tail, bytes + whole, length - whole)
}

/** The digest in hexadecimal. */
export function end(): string {
  const used = <i32>(totalBytes % BLOCK_BYTES)
  const padded = used < 56 ? BLOCK_BYTES : 2 * BLOCK_BYTES
  store<u8>(tail + used, 0x80)
  memory.fill(tail + used + 1, 0, padded - used - 1)
  store<u64>(tail + padded - 8, bswap<u64>(totalBytes * 8))
  for (let offset = 0; offset < padded; offset += BLOCK_BYTES) compress(tail + offset)
  let hex = ''
  for (let index: usize = 0; index < 32; index += 4)
    hex += load<u32>(state + index)
      .toString(16)
      .padStart(8, '0')
  return hex
}
