import { createHash } from 'node:crypto'

/** The uuid of one effect of one event at one reactor: always the same, and nobody else's. */
export function effectKey(reactor: string, eventId: string, effect: string): string {
  const bytes = createHash('sha256').update(`peek reactor\n${reactor}\n${eventId}\n${effect}`).digest()
  // Version 8, "made by a rule of its own", and the variant that goes with it.
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
