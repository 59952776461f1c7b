import { loadParkedEntities } from './parked-entities.ts'
import { countParked } from './parked-rows.ts'
import type { DoWork } from './parking-works.ts'
import { type RetryPorts, retryStreams } from './retry-streams.ts'
import type { Tally } from './tally.ts'

/** Entities of a group that are tried in one step. */
const entitiesPerStep = 50

type Ports = Omit<RetryPorts, 'signal'>

/** Tries one entity again. */
export function retryEntity(ports: Ports, stream: string): DoWork {
  return async ({ signal, tally, done }) => {
    await retryStreams({ ...ports, signal }, [stream], tally).finally(() => countLeft(ports, [stream], tally))
    done(1)
  }
}

/** Tries every entity of a group again, a few at a time, up to the one that was its last when somebody decided. */
export function retryGroup(ports: Ports, fingerprint: string, upTo: string): DoWork {
  return async ({ signal, tally, done }) => {
    for (let after: string | null = null; ; ) {
      const page = { projection: ports.projector.id, fingerprint, after, upTo, countMax: entitiesPerStep }
      const entities = await loadParkedEntities(ports.sql, page)
      const last = entities.at(-1)
      if (!last) return
      const streams = entities.map(({ stream }) => stream)
      await retryStreams({ ...ports, signal }, streams, tally)
      await countLeft(ports, streams, tally)
      done(streams.length)
      after = last.position
    }
  }
}

export async function countLeft({ projector, sql }: Ports, streams: readonly string[], tally: Tally): Promise<void> {
  for (const count of (await countParked(sql, projector.id, streams)).values()) tally.stillParked(count)
}
