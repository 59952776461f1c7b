import type { KurrentDBClient } from '@kurrent/kurrentdb-client'

/**
 * Keeps a lost connection from ending the process.
 *
 * The client sends appends through a queue of its own. When the connection breaks while that queue waits for room in
 * the call's stream, it rejects promises that nobody holds, and an unhandled rejection is the end of a program. Streams
 * that always have room keep the queue empty; what is under way stays bounded by the appender. The client shows its
 * streams nowhere else than in the set it disposes of, so that set is the place to meet them.
 */
export function giveStreamsRoom(client: KurrentDBClient): void {
  const known: unknown = Reflect.get(client, 'disposableStreams')
  if (known instanceof Set) Reflect.set(client, 'disposableStreams', new RoomyStreams(known))
}

class RoomyStreams extends Set<unknown> {
  override add(stream: unknown): this {
    const writable: unknown = isObject(stream) ? Reflect.get(stream, '_writableState') : undefined
    if (isObject(writable)) Reflect.set(writable, 'highWaterMark', Number.MAX_SAFE_INTEGER)
    return super.add(stream)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
