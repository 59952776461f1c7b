import { describe, expect, test } from 'bun:test'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position, toPosition } from '#kernel/position.ts'
import { createSeededRandom } from '#kernel/random.ts'
import type { Anchor } from './anchors.ts'
import { emptyChain, extendChain } from './chain.ts'
import { digestOf } from './event-digest.ts'
import { blockEventCount, type EvidenceBlock } from './evidence-blocks.ts'
import { toLink } from './links.ts'
import { verifyEvidence } from './verify-evidence.ts'

const eventCount = 2_600

const eventAt = (index: number): RecordedEvent => ({
  id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  type: 'p.Happened',
  stream: `p.Thing-${index % 7}`,
  revision: Math.floor(index / 7),
  position: toPosition(BigInt(1_000 + index * 100), BigInt(1_000 + index * 100)),
  data: { value: index, words: `number ${index}` },
  metadata: { user: 'ann', recordedAt: 1_700_000_000_000 + index },
  storedAt: 1_700_000_000_000 + index,
})
const history = Array.from({ length: eventCount }, (_, index) => eventAt(index))

/** The chain of some events, in blocks, with an anchor after each and one in the middle. */
function chained(events: readonly RecordedEvent[]): { blocks: EvidenceBlock[]; anchors: Anchor[] } {
  const blocks: EvidenceBlock[] = []
  const anchors: Anchor[] = []
  let chain = emptyChain
  for (const event of events) {
    const digest = digestOf(event)
    chain = extendChain(chain, [digest])
    const open = blocks.at(-1)
    const links = open && open.links.length < blockEventCount ? open.links : []
    const block = {
      number: links.length > 0 ? blocks.length - 1 : blocks.length,
      links: [...links, toLink(event.position, digest)],
      lastPosition: event.position,
      hash: chain.hash,
    }
    blocks[block.number] = block
    if (block.links.length === blockEventCount || chain.eventCount === 1_500)
      anchors.push({
        eventCount: chain.eventCount,
        position: event.position,
        hash: chain.hash.toString('hex'),
        at: chain.eventCount,
      })
  }
  return { blocks, anchors }
}

async function* inOrder<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

function verify(log: readonly RecordedEvent[], { blocks, anchors } = chained(history), pageMax = 1_000) {
  return verifyEvidence({
    store: {
      readLog: async ({ beyond, countMax }) =>
        log
          .filter((event) => beyond === 'start' || comparePositions(event.position, beyond as Position) > 0)
          .slice(0, Math.min(countMax, pageMax)),
    },
    blocks: inOrder(blocks),
    anchors,
  })
}

const changed = (index: number, change: Partial<RecordedEvent>): RecordedEvent[] =>
  history.map((event, at) => (at === index ? { ...event, ...change } : event))

describe('verifying the hash chain', () => {
  test('finds nothing in a log that is as it was, and says what vouches for it', async () => {
    const found = await verify(history)
    expect(found.findings).toEqual([])
    expect(found.eventCount).toBe(eventCount)
    expect(found.provenBy?.eventCount).toBe(2_048)
    expect(found.unanchoredCount).toBe(eventCount - 2_048)
    expect(found.hash).toBe(must(chained(history).blocks.at(-1), 'there are blocks').hash.toString('hex'))
  })

  test('names the first altered event, whichever it is and whatever of it was altered', async () => {
    const random = createSeededRandom(20_261_121)
    for (let round = 0; round < 25; round++) {
      const index = Math.floor(random() * eventCount)
      const event = eventAt(index)
      const change = must(
        [
          { data: { ...event.data, value: index + 1 } },
          { metadata: { ...event.metadata, user: 'eve' } },
          { type: 'p.Happenee' },
          { revision: event.revision + 1 },
          { stream: `${event.stream}x` },
        ][round % 5],
        'five ways',
      )
      const { findings } = await verify(changed(index, change))
      expect(findings).toHaveLength(1)
      expect(findings[0]).toMatchObject({ kind: 'altered', position: event.position, eventId: event.id })
    }
  })

  test('names a missing event, and one that was put in, at the beginning, inside and at the end', async () => {
    for (const index of [0, 1_023, 1_024, 1_700, eventCount - 1]) {
      const without = history.filter((_, at) => at !== index)
      const { findings } = await verify(without)
      expect(findings.map(({ kind, position }) => [kind, position])).toEqual([['missing', String(1_000 + index * 100)]])
      const position = toPosition(BigInt(999 + index * 100), BigInt(999 + index * 100))
      const extra = { ...eventAt(index), position, id: 'ffffffff-0000-4000-8000-000000000000' }
      const more = await verify([...history.slice(0, index), extra, ...history.slice(index)])
      expect(more.findings.map((finding) => [finding.kind, finding.position])).toEqual([['inserted', position]])
    }
  })

  test('sees by the anchors that log and chain were altered together', async () => {
    const forged = changed(1_200, { data: { value: 0 } })
    const found = await verify(forged, { blocks: chained(forged).blocks, anchors: chained(history).anchors })
    expect(found.findings.map(({ kind }) => kind)).toEqual(['anchor'])
    expect(found.provenBy?.eventCount).toBe(1_024)
  })

  test('sees that links were altered to fit, though their hash was not', async () => {
    const forged = changed(10, { data: { value: 0 } })
    const { blocks, anchors } = chained(history)
    const first = must(blocks[0], 'there is one')
    blocks[0] = { ...first, links: must(chained(forged).blocks[0], 'there is one').links }
    const { findings } = await verify(forged, { blocks, anchors: [] })
    expect(findings.map(({ kind }) => kind)).toEqual(['chain'])
    expect((await verify(forged, { blocks, anchors })).findings.map(({ kind }) => kind)).toEqual(['anchor'])
  })

  test('sees that the end of log and chain was cut off together', async () => {
    const short = history.slice(0, 1_400)
    const found = await verify(short, { blocks: chained(short).blocks, anchors: chained(history).anchors })
    expect(found.findings.map(({ kind }) => kind)).toEqual(['anchor'])
  })

  test('sees by the anchor that was left first, though another of the same length was left after it', async () => {
    const forged = changed(1_200, { data: { value: 0 } })
    const [before, after] = [chained(history), chained(forged)]
    for (const anchors of [
      [...before.anchors, ...after.anchors],
      [...after.anchors, ...before.anchors],
    ]) {
      const found = await verify(forged, { blocks: after.blocks, anchors })
      expect(found.findings.map(({ kind }) => kind)).toEqual(['anchor'])
    }
    const twice = await verify(history, { blocks: before.blocks, anchors: [...before.anchors, ...before.anchors] })
    expect(twice.findings).toEqual([])
  })

  test('finds nothing wrong where events are recorded and chained while it looks', async () => {
    const log = history.slice(0, 1_000)
    const recordMore = (count: number) => log.push(...history.slice(log.length, log.length + count))
    async function* growing(): AsyncGenerator<EvidenceBlock> {
      // Recorded after the log was read to its end, and before the chain is.
      recordMore(100)
      yield* chained(log).blocks
    }
    const found = await verifyEvidence({
      store: {
        readLog: async ({ beyond }) =>
          log.filter((event) => beyond === 'start' || comparePositions(event.position, beyond as Position) > 0),
      },
      blocks: growing(),
      anchors: [],
    })
    expect([found.findings, found.eventCount]).toEqual([[], 1_100])
  })

  test('accuses nobody where log or chain cannot be reached', async () => {
    const away = new PlatformError('unavailable', 'The database cannot be reached just now.')
    async function* broken(): AsyncGenerator<EvidenceBlock> {
      yield* chained(history).blocks.slice(0, 1)
      throw away
    }
    const verifying = verifyEvidence({ store: { readLog: async () => history }, blocks: broken(), anchors: [] })
    expect(await verifying.catch((error: unknown) => error)).toBe(away)
    const readLog = () => Promise.reject(new PlatformError('timeout', 'Reading the log took longer than 30000 ms.'))
    const reading = verifyEvidence({ store: { readLog }, blocks: inOrder([]), anchors: [] })
    expect(String(await reading.catch(String))).toContain('took longer')
  })

  test('names a block of the chain that was altered so that it is none', async () => {
    async function* broken(): AsyncGenerator<EvidenceBlock> {
      yield* chained(history).blocks.slice(0, 1)
      throw new PlatformError('store-damaged', 'Block 1 of the hash chain was altered', { facts: { block: 1 } })
    }
    const { findings } = await verifyEvidence({
      store: { readLog: async () => history },
      blocks: broken(),
      anchors: [],
    })
    expect(findings.map(({ kind, words }) => [kind, words])).toEqual([
      ['chain', 'Block 1 of the hash chain was altered'],
    ])
  })

  test('counts what the chain has not taken up yet, and lists a bounded number of findings', async () => {
    const found = await verify(history, chained(history.slice(0, 2_000)))
    expect([found.findings.length, found.unchainedCount]).toEqual([0, 600])
    const all = await verify(history.map((event) => ({ ...event, type: 'p.Other' })))
    expect([all.findings.length, all.isCut]).toEqual([100, true])
  })

  test('says where the log cannot be read on', async () => {
    const { blocks, anchors } = chained(history)
    const found = await verifyEvidence({
      store: {
        readLog: async ({ beyond }) => {
          if (beyond !== 'start') throw new Error('the event at position 200900 is damaged')
          return history.slice(0, 2_000)
        },
      },
      blocks: inOrder(blocks),
      anchors,
    })
    expect(found.findings).toHaveLength(1)
    expect(found.findings[0]).toMatchObject({ kind: 'unreadable', position: eventAt(1_999).position })
  })
})
