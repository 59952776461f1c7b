/**
 * DER, as much of it as a certificate is made of: every value is a tag, a length and a content, and contents nest.
 * Only written, never read: certificates that come from elsewhere are parsed by the runtime.
 */
export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return derValue(0x30, ...parts)
}

export function derSet(...parts: readonly Uint8Array[]): Buffer {
  return derValue(0x31, ...parts)
}

/** A positive whole number, most significant byte first. */
export function derInteger(bytes: Uint8Array): Buffer {
  const firstUsed = bytes.findIndex((byte) => byte !== 0)
  const digits = firstUsed === -1 ? Buffer.alloc(1) : bytes.subarray(firstUsed)
  // The highest bit is the sign: a number that begins with it gets a zero in front.
  const isNegativeLooking = (digits[0] ?? 0) >= 0x80
  return isNegativeLooking ? derValue(0x02, Buffer.alloc(1), digits) : derValue(0x02, digits)
}

export function derBoolean(value: boolean): Buffer {
  return derValue(0x01, Buffer.of(value ? 0xff : 0))
}

export function derText(text: string): Buffer {
  return derValue(0x0c, Buffer.from(text, 'utf8'))
}

export function derOctets(content: Uint8Array): Buffer {
  return derValue(0x04, content)
}

export function derBits(content: Uint8Array, unusedBitCount = 0): Buffer {
  return derValue(0x03, Buffer.of(unusedBitCount), content)
}

/** `1.2.840.10045.2.1`: the first two numbers share a byte, the others are written in groups of seven bits. */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return derValue(0x06, Buffer.from([first * 40 + second, ...others].flatMap(toSevenBitGroups)))
}

/** Two-digit years up to 2049, four digits from then on, as certificates must. */
export function derTime(instant: Date): Buffer {
  const digits = instant.toISOString().replace(/[-:T]|\.\d+/g, '')
  return instant.getUTCFullYear() < 2050
    ? derValue(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : derValue(0x18, Buffer.from(digits, 'latin1'))
}

/** A value whose meaning its number gives: wrapped around others, or in the place of a primitive one. */
export function derTagged(number: number, shape: 'wrapped' | 'primitive', ...parts: readonly Uint8Array[]): Buffer {
  return derValue((shape === 'wrapped' ? 0xa0 : 0x80) | number, ...parts)
}

function derValue(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), toLength(content.length), content])
}

function toLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const hex = length.toString(16)
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.of(0x80 | digits.length), digits])
}

function toSevenBitGroups(number: number): number[] {
  const groups = [number & 0x7f]
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80)
  return groups
}
