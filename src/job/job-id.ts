import { createHash } from 'node:crypto'
import { newUuid } from '#kernel/ids.ts'

/** The id of a job: of its key where it has one, so that whoever submits it again, and wherever, names the same job. */
export function jobIdOf(job: string, key: string | undefined): string {
  return key === undefined ? newUuid() : derivedUuid(`peek job\n${job}\n${key}`)
}

/** Always the same one for the same text, and nobody else's. */
export function derivedUuid(text: string): string {
  const bytes = createHash('sha256').update(text).digest()
  // Version 8, "made by a rule of its own", and the variant that goes with it.
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
