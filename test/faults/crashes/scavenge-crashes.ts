/**
 * Scavenges one after another, with appends, limits, deletions and tombstones beside them. Afterwards what readers may see
 * is there, streams go on counting, the file verifies, and the next scavenge comes to its end.
 */
import { createHash } from 'node:crypto'
import type { Storage, StoredEvent } from '#event-store-server/storage/storage.ts'
import type { ProposedEvent } from '#event-store-server/streams/event-record.ts'
import { readEventHeader } from '#event-store-server/streams/event-record.ts'
import type { LogRequest } from '#event-store-server/streams/log-request.ts'
import { Scavenger } from '#event-store-server/upkeep/scavenger.ts'
import { verifyStore } from '#event-store-server/upkeep/verify.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { type OpenedStore, openStore, smallBacklog } from './appending.ts'
import type { CrashScenario, Life } from './crash-scenario.ts'

const laneCount = 4
const countShown = 5
const eventsAnEndedStream = 6
const limits = { eventCountMax: 8, sizeBytesMax: 20_000, streamCountMax: 4, lengthMsMax: 1_000 }

type StreamKind = 'kept' | 'limited' | 'doomed' | 'ended'
type Told = { readonly streamName: string; readonly revision: number }

export const scavengeCrashes: CrashScenario = {
  steps: [
    'scavenge:started',
    'scavenge:removing',
    'scavenge:removed',
    'scavenge:walked',
    'scavenge:given-back',
    'scavenge:recorded',
  ],
  passesMax: {
    'scavenge:started': 4,
    'scavenge:removing': 20,
    'scavenge:removed': 20,
    'scavenge:walked': 4,
    'scavenge:given-back': 4,
    'scavenge:recorded': 4,
  },
  livesMax: 3,

  async work(life) {
    const store = openStore({ ...life, backlog: smallBacklog })
    const scavenger = openScavenger(store, life)
    await scavenger.recordInterrupted()
    const lanes = Array.from({ length: laneCount }, (_, lane) => append(store, life, lane))
    const scavenging = async () => {
      while (true) {
        scavenger.start()
        const ended = await scavenger.whenEnded()
        if (ended?.result !== 'Success') throw new Error(`A scavenge ended with ${JSON.stringify(ended)}`)
      }
    }
    await Promise.all([...lanes, scavenging()])
  },

  async check({ file, told }) {
    const heads = headsOf(told)
    const store = openStore({ file, backlog: smallBacklog })
    const before = checkStreams(store.storage, heads)
    const scavenger = openScavenger(store, {})
    await scavenger.recordInterrupted()
    scavenger.start()
    const ended = await scavenger.whenEnded()
    const after = checkStreams(store.storage, heads)
    store.eventLog.stop()
    store.storage.close()
    const { findings } = await verifyStore(file)
    return [
      ...before,
      ...after.map((problem) => `after one more scavenge ${problem}`),
      ...(ended?.result === 'Success' ? [] : [`the next scavenge ended with ${ended?.result}: ${ended?.error}`]),
      ...findings.map((finding) => `verify: ${JSON.stringify(finding)}`),
    ]
  },
}

function openScavenger({ eventLog, storage }: OpenedStore, { onStep }: Partial<Life>): Scavenger {
  return new Scavenger({ eventLog, storage, log: silentLog, limits, restFactor: 0, ...(onStep && { onStep }) })
}

/** Event `n` of a stream has revision `n` and an id of its own, so whatever nobody was told of is simply done again. */
async function append({ eventLog }: OpenedStore, life: Life, lane: number): Promise<void> {
  const heads = headsOf(life.told)
  const perform = async (request: LogRequest) => {
    const outcome = await eventLog.request(request)
    if (outcome.kind === 'written') return outcome.revision
    if (outcome.kind === 'tombstoned' && request.streamName.startsWith('ended')) return undefined
    throw new Error(`${request.kind} to ${request.streamName}: ${JSON.stringify(outcome)}`)
  }
  const appendNext = async (streamName: string, n: number) => {
    const events = [proposed(`${life.seed} ${streamName} ${n}`, 'Counted', 'x'.repeat(n % 9 === 0 ? 9_000 : 100))]
    const revision = await perform({ kind: 'append', streamName, expected: 'any', events })
    if (revision !== undefined && revision !== n) throw new Error(`${streamName} gave ${revision} to event ${n}`)
    life.tell(JSON.stringify({ streamName, revision: n } satisfies Told))
  }
  const next = (kind: StreamKind) => (heads.get(`${kind}-${lane}`) ?? -1) + 1
  const metadata = [proposed(`${life.seed} ${lane} metadata`, '$metadata', `{"$maxCount":${countShown}}`)]
  await perform({ kind: 'append', streamName: `$$limited-${lane}`, expected: 'any', events: metadata })
  for (let [kept, limited, doomed] = [next('kept'), next('limited'), next('doomed')]; ; kept++, limited++, doomed++) {
    await appendNext(`kept-${lane}`, kept)
    await appendNext(`limited-${lane}`, limited)
    if (doomed % 10 === 9) await perform({ kind: 'delete', streamName: `doomed-${lane}`, expected: 'any' })
    await appendNext(`doomed-${lane}`, doomed)
    if (kept % 8 === 7) await endOneStream(`ended-${lane}-${kept}`)
  }

  async function endOneStream(streamName: string): Promise<void> {
    for (let n = 0; n < eventsAnEndedStream; n++) await appendNext(streamName, n)
    await perform({ kind: 'tombstone', streamName, expected: 'any' })
    life.tell(JSON.stringify({ streamName, revision: eventsAnEndedStream } satisfies Told))
  }
}

function proposed(name: string, type: string, data: string): ProposedEvent {
  const hash = createHash('sha1').update(name).digest('hex')
  const id = hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  return { id, type, contentType: 'application/json', data: Buffer.from(data), metadata: Buffer.alloc(0) }
}

function headsOf(told: readonly string[]): Map<string, number> {
  const heads = new Map<string, number>()
  for (const line of told) {
    const found = tryParseJson(line)
    if (!isJsonObject(found) || typeof found.streamName !== 'string' || typeof found.revision !== 'number') continue
    heads.set(found.streamName, Math.max(heads.get(found.streamName) ?? -1, found.revision))
  }
  return heads
}

/** The greatest revision each stream was told to have, against what is there. */
function checkStreams(storage: Storage, heads: ReadonlyMap<string, number>): string[] {
  return [...heads].flatMap(([streamName, told]) => {
    const stream = storage.findStream(streamName)
    if (!stream) return [`${streamName} is not known`]
    if (streamName.startsWith('ended') && told === eventsAnEndedStream)
      return stream.isTombstoned ? [] : [`${streamName} was tombstoned and is not`]
    if (stream.revision < told) return [`${streamName} has revision ${stream.revision}, ${told} was acknowledged`]
    const first = streamName.startsWith('kept') ? 0 : streamName.startsWith('limited') ? told - countShown + 1 : told
    const range = { direction: 'forwards', streamId: stream.id, first, last: told } as const
    const revisions = storage.readStream({ ...range, eventCountMax: 1e9, sizeBytesMax: 1e12 }).map(toRevision)
    const wanted = Array.from({ length: told - Math.max(0, first) + 1 }, (_, index) => Math.max(0, first) + index)
    // Those who were written but not told may have pushed some of the limited ones out.
    const isThere = wanted
      .slice(streamName.startsWith('kept') ? 0 : 1)
      .every((revision) => revisions.includes(revision))
    return isThere ? [] : [`${streamName} has ${revisions.join()} of ${wanted.join()}`]
  })
}

function toRevision({ record }: StoredEvent): number {
  return readEventHeader(record).revision
}
