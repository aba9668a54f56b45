import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'

/** One signature and whether it stands. Bytes are in hex. */
export interface Ed25519Vector {
  readonly name: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
  readonly accept: boolean
  /** The secret that gives this very signature, where there is one. */
  readonly seed?: string
}

const { Point } = ed25519
const { BASE } = Point
const L = Point.Fn.ORDER
const P = 2n ** 255n - 19n
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

function littleEndian(value: bigint, length = 32): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0, rest = value; index < length; index += 1, rest >>= 8n) bytes[index] = Number(rest & 0xffn)
  return bytes
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes.toReversed())}`)
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const challenge = (commitment: Uint8Array, key: Uint8Array, message: Uint8Array): bigint =>
  numberOf(sha512(join(commitment, key, message))) % L

const SECRET = 12345n
const NONCE = 777n
const KEY = BASE.multiply(SECRET)
const COMMITMENT = BASE.multiply(NONCE)
/** A point of order 8; its multiples are all points of small order. */
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')

interface Parts {
  readonly key: Uint8Array
  readonly commitment: Uint8Array
  readonly message: Uint8Array
  readonly scalar: bigint
}

const vector = (name: string, accept: boolean, { key, commitment, message, scalar }: Parts): Ed25519Vector => ({
  name,
  publicKey: hex(key),
  message: hex(message),
  signature: hex(join(commitment, littleEndian(scalar))),
  accept,
})

/** Signs as RFC 8032 does, with the encodings of key and commitment given, so that only they can be at fault. */
function signWith(key: Uint8Array, commitment: Uint8Array, message: Uint8Array): Parts {
  const scalar = (NONCE + challenge(commitment, key, message) * SECRET) % L
  return { key, commitment, message, scalar }
}

/** The first message whose challenge has the wanted remainder modulo 8. */
function messageFor(key: Uint8Array, commitment: Uint8Array, isWanted: (remainder: bigint) => boolean): Uint8Array {
  for (let index = 0n; ; index += 1n) {
    const message = littleEndian(index, 8)
    if (isWanted(challenge(commitment, key, message) % 8n)) return message
  }
}

const RFC_8032: readonly (readonly [name: string, seed: string, message: string])[] = [
  ['TEST 1', '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', ''],
  ['TEST 2', '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '72'],
  ['TEST 3', 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'af82'],
  [
    'TEST SHA(abc)',
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    hex(sha512(new TextEncoder().encode('abc'))),
  ],
]

const standard = (): Ed25519Vector[] =>
  RFC_8032.map(([name, seed, message]) => ({
    name: `RFC 8032, section 7.1, ${name}`,
    publicKey: hex(ed25519.getPublicKey(bytesOf(seed))),
    message,
    signature: hex(ed25519.sign(bytesOf(message), bytesOf(seed))),
    accept: true,
    seed,
  }))

function scalars(): Ed25519Vector[] {
  const honest = signWith(KEY.toBytes(), COMMITMENT.toBytes(), new Uint8Array(8).fill(1))
  return [
    vector('made by hand, sound', true, honest),
    vector('S + L, the same modulo L', false, { ...honest, scalar: honest.scalar + L }),
    vector('S = L', false, { ...honest, scalar: L }),
    vector('S = 2^256 - 1', false, { ...honest, scalar: 2n ** 256n - 1n }),
    vector('S = 0', false, { ...honest, scalar: 0n }),
    vector('S = L - 1', false, { ...honest, scalar: L - 1n }),
    vector('-S', false, { ...honest, scalar: L - honest.scalar }),
    vector('another message', false, { ...honest, message: new Uint8Array(8).fill(2) }),
    vector('another key', false, { ...honest, key: COMMITMENT.toBytes() }),
    vector('-R', false, { ...honest, commitment: COMMITMENT.negate().toBytes() }),
    vector('-A', false, { ...honest, key: KEY.negate().toBytes() }),
  ]
}

/** Every spelling of every point of small order: y below and above p, both signs of x. */
function smallOrderEncodings(): Uint8Array[] {
  const encodings = new Map<string, Uint8Array>()
  let point = TORSION
  for (let multiple = 1; multiple <= 8; multiple += 1, point = point.add(TORSION)) {
    const y = point.toAffine().y
    for (const spelled of [y, y + P].filter((each) => each < 2n ** 255n)) {
      for (const sign of [0n, 2n ** 255n]) {
        const bytes = littleEndian(spelled + sign)
        encodings.set(hex(bytes), bytes)
      }
    }
  }
  return [...encodings.values()]
}

function smallOrder(): Ed25519Vector[] {
  const commitment = COMMITMENT.toBytes()
  return smallOrderEncodings().flatMap((encoding) => {
    const message = messageFor(encoding, commitment, (remainder) => remainder === 0n)
    const asKey = { key: encoding, commitment, message, scalar: NONCE }
    const own = messageFor(KEY.toBytes(), encoding, () => true)
    const scalar = (challenge(encoding, KEY.toBytes(), own) * SECRET) % L
    return [
      vector(`A of small order ${hex(encoding)}, [8]A = 0 and k = 0 modulo 8`, false, asKey),
      vector(`R of small order ${hex(encoding)}`, false, {
        key: KEY.toBytes(),
        commitment: encoding,
        message: own,
        scalar,
      }),
      vector(`A and R of small order ${hex(encoding)}, S = 0`, false, {
        key: encoding,
        commitment: encoding,
        message,
        scalar: 0n,
      }),
    ]
  })
}

function mixedOrder(): Ed25519Vector[] {
  const mixedKey = KEY.add(TORSION).toBytes()
  const commitment = COMMITMENT.toBytes()
  const message = messageFor(mixedKey, commitment, (remainder) => remainder !== 0n)
  const lucky = messageFor(mixedKey, commitment, (remainder) => remainder === 0n)
  const mixedCommitment = COMMITMENT.add(TORSION).toBytes()
  return [
    vector('A of mixed order, only the equation times 8 holds', false, signWith(mixedKey, commitment, message)),
    vector('A of mixed order, k = 0 modulo 8: both equations hold', true, signWith(mixedKey, commitment, lucky)),
    vector(
      'R of mixed order, only the equation times 8 holds',
      false,
      signWith(KEY.toBytes(), mixedCommitment, new Uint8Array(8)),
    ),
  ]
}

/** y + p is a second spelling of a point whose y is below 19; (2, x) and (3, x) are such points where they exist. */
function nonCanonical(): Ed25519Vector[] {
  const message = new Uint8Array(8).fill(5)
  return Array.from({ length: 19 }, (_, y) => littleEndian(P + BigInt(y))).flatMap((encoding) => [
    vector(`A not canonical ${hex(encoding)}`, false, signWith(encoding, COMMITMENT.toBytes(), message)),
    vector(`R not canonical ${hex(encoding)}`, false, signWith(KEY.toBytes(), encoding, message)),
  ])
}

function malformed(): Ed25519Vector[] {
  const sound = vector('', false, signWith(KEY.toBytes(), COMMITMENT.toBytes(), new Uint8Array(3)))
  const change = (name: string, changes: Partial<Ed25519Vector>): Ed25519Vector => ({ ...sound, ...changes, name })
  return [
    change('no signature', { signature: '' }),
    change('a signature cut short', { signature: sound.signature.slice(0, -2) }),
    change('a signature with a byte too many', { signature: `${sound.signature}00` }),
    change('no key', { publicKey: '' }),
    change('a key cut short', { publicKey: sound.publicKey.slice(0, -2) }),
    change('a key with a byte too many', { publicKey: `${sound.publicKey}00` }),
    change('a key that is no point', { publicKey: hex(littleEndian(2n)) }),
    change('a commitment that is no point', { signature: hex(littleEndian(2n)) + sound.signature.slice(64) }),
    change('all zero', { signature: '00'.repeat(64), publicKey: '00'.repeat(32) }),
    change('all ones', { signature: 'ff'.repeat(64), publicKey: 'ff'.repeat(32) }),
  ]
}

/** All vectors, made anew. The file in `vectors/` holds them for other languages. */
export const makeEd25519Vectors = (): Ed25519Vector[] => [
  ...standard(),
  ...scalars(),
  ...smallOrder(),
  ...mixedOrder(),
  ...nonCanonical(),
  ...malformed(),
]
