import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { readEventHeader } from '../streams/event-record.ts'
import { defaultGroupSettings } from './group-settings.ts'
import { createGroupSource, type GroupSource } from './group-source.ts'

/** A short tail, so that reading changes over between memory and disk again and again. */
function openLog() {
  const storage = new SqliteStorage({ file: ':memory:' })
  return new EventLog({ storage, log: silentLog, tail: { eventCountMax: 16, sizeBytesMax: 100_000 } })
}

async function append(log: EventLog, streamName: string, type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, () => ({
    id: newUuid(),
    type,
    contentType: 'application/json',
    data: Buffer.from('{}'),
    metadata: Buffer.alloc(0),
  }))
  await log.request({ kind: 'append', streamName, expected: 'any', events })
}

/** Reads on from `after` in batches of all sizes until there is nothing more. */
function readOn(source: GroupSource, after: number, random: () => number) {
  const places: number[] = []
  const ids: string[] = []
  let reached = after
  for (let isAtEnd = false; !isAtEnd; ) {
    const page = source.read(reached, 1 + Math.floor(random() * 30))
    for (const { place, record, header } of page.events) {
      places.push(place)
      ids.push(readEventHeader(record).id)
      if (header) expect(header).toEqual(readEventHeader(record))
    }
    expect(page.reached).toBeGreaterThanOrEqual(reached)
    reached = page.reached
    isAtEnd = page.isAtEnd
  }
  return { places, ids, reached }
}

describe('what a group reads', () => {
  test('is every wanted event once, in order, whether it is taken from memory or from the disk', async () => {
    const seed = testSeed()
    const random = createSeededRandom(seed)
    const log = openLog()
    const filter = { on: 'event-type', prefixes: ['Wanted'], regex: '' } as const
    const settings = { ...defaultGroupSettings, filter }
    const sources = {
      all: createGroupSource(log, { streamName: '$all', groupName: 'g' }, settings),
      stream: createGroupSource(log, { streamName: 'work', groupName: 'g' }, defaultGroupSettings),
    }
    const seen = { all: [] as number[], stream: [] as number[] }
    const reached = { all: -1, stream: -1 }
    for (let round = 0; round < 60; round++) {
      for (let appends = 0; appends < 1 + random() * 4; appends++) {
        const streamName = pickOne(random, ['work', 'other'])
        await append(log, streamName, pickOne(random, ['Wanted', 'Unwanted']), 1 + Math.floor(random() * 12))
      }
      for (const kind of ['all', 'stream'] as const) {
        if (random() < 0.4) continue
        const read = readOn(sources[kind], reached[kind], random)
        seen[kind].push(...read.places)
        reached[kind] = read.reached
      }
    }
    for (const kind of ['all', 'stream'] as const)
      seen[kind].push(...readOn(sources[kind], reached[kind], random).places)
    const everything = log.readAll({ direction: 'forwards', after: -1, before: Number.MAX_SAFE_INTEGER })
    for (let last = everything.at(-1); last; ) {
      const page = log.readAll({ direction: 'forwards', after: last.position, before: Number.MAX_SAFE_INTEGER })
      everything.push(...page)
      last = page.at(-1)
    }
    const headers = everything.map(({ position, record }) => ({ position, ...readEventHeader(record) }))
    expect(seen.all, `seed ${seed}`).toEqual(
      headers.filter(({ type }) => type === 'Wanted').map(({ position }) => position),
    )
    expect(seen.stream, `seed ${seed}`).toEqual(
      headers.filter(({ streamName }) => streamName === 'work').map(({ revision }) => revision),
    )
    log.stop()
  })
})
