import { isUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import type { NewOutboxRecord } from '../device-store/outbox-record.ts'
import type { NewAction } from './outbox.ts'

/** What a frame takes beside the body. */
const headBytes = 4 * 1024
const bodySizeBytesMax = defaultLimits.frameSizeBytesMax - headBytes

/** What could never be sent is refused before anybody believes it saved. */
export function toNewRecord(
  action: NewAction,
  by: { readonly user: string; readonly build: string; now(): number; makeUuid(): string },
): NewOutboxRecord {
  const { name, version, body, lane, entityId, title, dependsOn = [], id = by.makeUuid(), at = by.now() } = action
  const refuse = (kind: 'bad-input' | 'too-large', words: string): never => {
    throw new PlatformError(kind, `"${name}" was not saved: ${words}`, { facts: { action: name } })
  }
  if (!isUuid(id)) refuse('bad-input', `its id is "${id}", wanted a uuid in lower case.`)
  const stray = dependsOn.find((one) => !isUuid(one) || one === id)
  if (stray !== undefined) refuse('bad-input', `it depends on "${stray}", wanted the uuid of another action.`)
  const sizeBytes = new TextEncoder().encode(body).length
  if (sizeBytes > bodySizeBytesMax)
    refuse('too-large', `it has ${sizeBytes} bytes, wanted at most ${bodySizeBytesMax}. Enter less at once.`)
  return { id, name, version, body, lane, entityId, title, dependsOn, at, user: by.user, build: by.build }
}
