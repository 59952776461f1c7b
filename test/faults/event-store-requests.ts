/**
 * Request bytes that no honest client sends: valid protobuf with absurd values, valid protobuf of the wrong shape, and bytes
 * that are nothing. The same random numbers give the same bytes.
 */
import { pickOne, type Random } from '#kernel/random.ts'
import { type Kind, requestSchemas, type Schema } from './event-store-schemas.ts'

/** One message for the method. */
export function hostileMessage(random: Random, path: string): Buffer {
  const kind = random()
  if (kind < 0.08) return randomBytes(random, pickOne(random, [0, 1, 5, 60, 2_000]))
  const schema = Object.entries(requestSchemas).find(([end]) => path.endsWith(end))?.[1]
  if (kind < 0.16 || !schema) return encode(random, randomSchema(random, 0), 0)
  const message = encode(random, schema, kind < 0.4 ? 0.1 : 0)
  return kind < 0.5 ? damaged(random, message) : message
}

/** Flips, cuts, doubles or inserts a few bytes. */
function damaged(random: Random, message: Buffer): Buffer {
  const at = Math.floor(random() * (message.length + 1))
  const head = message.subarray(0, at)
  const tail = message.subarray(at)
  return pickOne(random, [
    () => head,
    () => Buffer.concat([head, randomBytes(random, 3), tail]),
    () => Buffer.concat([message, tail]),
    () => Buffer.concat([head, randomBytes(random, 1), tail.subarray(1)]),
  ])()
}

function randomSchema(random: Random, depth: number): Schema {
  const kinds: readonly Kind[] = [
    'number',
    'text',
    'bytes',
    'empty',
    'stream-name',
    'truth',
    'map',
    'regex',
    'uuid-text',
  ]
  const fields = Array.from({ length: 1 + Math.floor(random() * 6) }, () => [
    pickOne(random, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 100, 2 ** 29 - 1]),
    depth < 4 && random() < 0.4 ? randomSchema(random, depth + 1) : pickOne(random, kinds),
  ])
  return Object.fromEntries(fields)
}

/** Mostly beyond what one append may hold, at times beyond what the server takes at all; more would only be slow to send. */
const messageBytesMax = (random: Random) => (random() < 0.01 ? 19 : 1.5) * 1_048_576

/** `mischief`: how often a field has another wire type than it should, or comes many times over. */
function encode(random: Random, schema: Schema, mischief: number): Buffer {
  const parts: Buffer[] = []
  let sizeBytes = 0
  const sizeBytesMax = messageBytesMax(random)
  for (const [field, kind] of Object.entries(schema)) {
    if (random() < 0.25) continue
    const times = typeof kind === 'object' && 'each' in kind ? Math.floor(random() * 4) : random() < mischief ? 50 : 1
    for (let index = 0; index < times && sizeBytes < sizeBytesMax; index++) {
      const part = encodeField(random, Number(field), kind, mischief)
      sizeBytes += part.length
      parts.push(part)
    }
  }
  if (random() < mischief) parts.reverse()
  if (random() < mischief / 4) return nested(random, Buffer.concat(parts))
  return Buffer.concat(parts)
}

function encodeField(random: Random, field: number, kind: Kind | Schema, mischief: number): Buffer {
  if (random() < mischief) return encodeField(random, field, pickOne(random, ['number', 'bytes', 'empty', 'map']), 0)
  if (kind === 'number') return Buffer.concat([tag(field, 0), varint(absurdNumber(random))])
  if (kind === 'truth') return Buffer.concat([tag(field, 0), varint(BigInt(Math.floor(random() * 3)))])
  if (kind === 'empty') return withLength(field, Buffer.alloc(0))
  if (typeof kind === 'object')
    return 'each' in kind
      ? encodeField(random, field, kind.each, mischief)
      : withLength(field, encode(random, kind, mischief))
  return withLength(field, absurdBytes(random, kind))
}

function absurdBytes(random: Random, kind: Exclude<Kind, object | 'number' | 'truth' | 'empty'>): Buffer {
  switch (kind) {
    case 'stream-name':
    case 'group-name':
      return random() < 0.7 ? Buffer.from(`fuzz-${Math.floor(random() * 8)}`) : absurdText(random)
    case 'text':
      return absurdText(random)
    case 'regex':
      return Buffer.from(pickOne(random, regexes))
    case 'uuid-text':
      return random() < 0.8 ? Buffer.from(uuidText(random)) : absurdText(random)
    case 'map':
      return mapEntry(random)
    case 'bytes':
      return random() < 0.5
        ? Buffer.from(pickOne(random, bodies))
        : randomBytes(random, pickOne(random, [0, 1, 100, 5_000, random() < 0.05 ? 1_200_000 : 10]))
  }
}

function mapEntry(random: Random): Buffer {
  const key = pickOne(random, ['type', 'content-type', 'type', 'content-type', 'created', '', '__proto__'])
  const value = random() < 0.8 ? Buffer.from(pickOne(random, types)) : absurdText(random)
  return Buffer.concat([withLength(1, Buffer.from(key)), withLength(2, value)])
}

const types = ['T', '$>', '$metadata', '$streamDeleted', 'application/json', 'text/plain', '$ProjectionCreated']
const bodies = [
  '{}',
  '{"a":1}',
  '0@fuzz-1',
  '9999@fuzz-1',
  '18446744073709551615@$all',
  '{"$maxAge":1,"$maxCount":2,"$tb":3}',
  '{"$maxAge":-1,"$maxCount":1e400,"$tb":9223372036854775807,"$acl":{"$r":[]}}',
  '{"$acl":{"$r":{"a":{}},"$w":[1,null,"$all"],"$mr":7}}',
  '{"__proto__":{"$tb":1},"$cacheControl":-5}',
  '['.repeat(20_000),
  '\u0000\uffff',
]
const regexes = [
  '^[^\\$].*',
  '(a+)+$',
  '(a|a)*b',
  '((a{1,1000}){1,1000}){1,1000}',
  '(?=x)',
  '(',
  '',
  '\\p{L}{999}',
  '(?i)[\\p{L}\\p{N}]'.repeat(50),
  '('.repeat(500),
  'x'.repeat(5_000),
  '\\',
  '[z-a]',
]

function absurdText(random: Random): Buffer {
  return pickOne(random, [
    () => Buffer.alloc(0),
    () => Buffer.from(pickOne(random, ['$all', '$', '$$', '$$$$x', '$$fuzz-1', '$settings', '$users', '$$$settings'])),
    () =>
      Buffer.from(
        pickOne(random, ['__proto__', 'constructor', '../../etc', "' or 1=1 --", 'a\u0000b', '\r\n', '💥', ' ']),
      ),
    () => Buffer.from([0xed, 0xa0, 0x80, 0x61, 0xff, 0xfe]),
    () => randomBytes(random, 40),
    () => Buffer.alloc(Math.floor(random() * 10_000), 'x'),
    () => Buffer.alloc(random() < 0.02 ? 1_100_000 : 300, 'é'),
    () => Buffer.from(`fuzz-${Math.floor(random() * 1_000)}`),
  ])()
}

function uuidText(random: Random): string {
  const digits = randomBytes(random, 16).toString('hex')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const numbers = [
  0n,
  1n,
  2n,
  3n,
  100n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]

function absurdNumber(random: Random): bigint {
  return random() < 0.3 ? BigInt(Math.floor(random() * 2_000)) : pickOne(random, numbers)
}

function nested(random: Random, body: Buffer): Buffer {
  let message = body.subarray(0, 1_000)
  for (let depth = Math.floor(random() * 2_000); depth > 0; depth--) message = withLength(1, message)
  return message
}

function withLength(field: number, body: Buffer): Buffer {
  return Buffer.concat([tag(field, 2), varint(BigInt(body.length)), body])
}

function tag(field: number, wireType: number): Buffer {
  return varint(BigInt(field) * 8n + BigInt(wireType))
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}

export function randomBytes(random: Random, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  // Past the first few hundred, more randomness would find nothing more.
  for (let index = 0; index < size; index++) bytes[index] = index < 512 ? random() * 256 : (bytes[index - 512] ?? 0)
  return bytes
}
