import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import type { EventStore } from '../event-store.ts'

export type Retention = Parameters<EventStore['keep']>[1]

const attemptCountMax = 5

/**
 * Says in the stream's metadata how much of it is kept, and leaves the rest of the metadata alone. Writes nothing
 * when it already says so, as everybody who owns a stream says it at every start.
 */
export async function keepStream(
  store: Pick<EventStore, 'append' | 'readStream'>,
  stream: string,
  retention: Retention,
): Promise<void> {
  const metadataStream = `$$${stream}`
  for (let attempt = 1; ; attempt++) {
    const [current] = await store.readStream(metadataStream, { from: 'end', direction: 'backwards', countMax: 1 })
    const wanted = withRetention(current?.data ?? {}, retention)
    if (isSameRetention(current?.data ?? {}, wanted)) return
    const event = { id: newUuid(), type: '$metadata', data: wanted, metadata: {} }
    try {
      await store.append(metadataStream, [event], current?.revision ?? 'no-stream')
      return
    } catch (error) {
      if (!isPlatformError(error, 'revision-conflict') || attempt === attemptCountMax) throw error
    }
  }
}

function withRetention(metadata: JsonObject, { maxAgeSeconds, maxCount }: Retention): JsonObject {
  const { $maxAge: _age, $maxCount: _count, ...rest } = metadata
  return {
    ...rest,
    ...(maxAgeSeconds === undefined ? {} : { $maxAge: maxAgeSeconds }),
    ...(maxCount === undefined ? {} : { $maxCount: maxCount }),
  }
}

function isSameRetention(left: JsonObject, right: JsonObject): boolean {
  return left.$maxAge === right.$maxAge && left.$maxCount === right.$maxCount
}
