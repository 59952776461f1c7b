import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import type { Client } from '#storage/client.ts'
import type { Anchor } from './anchors.ts'
import { type Chain, emptyChain, extendChain } from './chain.ts'
import { digestOf } from './event-digest.ts'
import { blockEventCount, type EvidenceBlock, loadNewestBlock, saveBlock } from './evidence-blocks.ts'
import { createAnchorLeaver } from './leave-anchors.ts'
import { type Link, toLink } from './links.ts'

/**
 * All that is kept for good: announcements of read models are not, nor are jobs, which are forgotten a while after their
 * end; and the store's own events are its own affair.
 */
export const chainedEvents: EventFilter = { on: 'stream', regex: '^(?!changes-|jobs-|peek\\.ForgottenJobs|\\$)' }

export type EvidenceStatus = {
  readonly state: 'starting' | 'catching-up' | 'live' | 'stalled' | 'stopped'
  readonly eventCount: number
  readonly position: Position
  /** Hexadecimal; of the chain up to there. */
  readonly hash: string
  /** The newest one that every folder has, since this keeper began. */
  readonly lastAnchor: Anchor | undefined
  /** What is wrong just now, as a sentence. */
  readonly lastError: string | null
}

/**
 * Chains every event soon after it was recorded, and leaves anchors.
 *
 * Promises: each event is in the chain once, in the order of the log, however often the process dies; an anchor after
 * every full block, and at most a minute after an event was chained, also where events never rest and where the process
 * was killed; what goes wrong is tried again and shows in the status.
 * Asks: one keeper at a time; a second one is refused by the blocks themselves (`lost-leadership`).
 */
export interface EvidenceKeeper {
  status(): EvidenceStatus
  stop(): Promise<void>
}

/** Between two writes of the newest block while events come one by one. */
const restMs = 500
const anchorAfterMs = 60_000
const batchCountMax = 4_096

export function startEvidenceKeeper(options: {
  readonly store: Pick<EventStore, 'follow'>
  readonly sql: Client
  /** Each gets every anchor; the first is beside our own data, others may be far away. */
  readonly anchorFolders: readonly string[]
  readonly epoch: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onStatus?: (status: EvidenceStatus) => void
  readonly onLostLeadership?: () => void
}): EvidenceKeeper {
  const { store, sql, anchorFolders, epoch, clock, random, log } = options
  const leaveEverywhere = createAnchorLeaver({ folders: anchorFolders, clock })
  const stopping = createDeferred<void>()
  let isStopping = false
  let chainTrouble: string | undefined
  let anchorTrouble: string | undefined
  let status: EvidenceStatus = {
    state: 'starting',
    eventCount: 0,
    position: logStart,
    hash: emptyChain.hash.toString('hex'),
    lastAnchor: undefined,
    lastError: null,
  }

  const report = (change: Partial<EvidenceStatus>): void => {
    status = { ...status, ...change, lastError: chainTrouble ?? anchorTrouble ?? null }
    options.onStatus?.(status)
  }
  const pauseUnlessStopping = async (delayMs: number): Promise<void> => {
    const over = createDeferred<void>()
    const cancel = clock.after(delayMs, over.resolve)
    await Promise.race([over.promise, stopping.promise])
    cancel()
  }

  const runOnce = async (): Promise<void> => {
    const newest = await loadNewestBlock(sql)
    let open: EvidenceBlock | undefined = newest
    let chain: Chain = newest
      ? { eventCount: newest.number * blockEventCount + newest.links.length, hash: newest.hash }
      : emptyChain
    let cancelAnchor: (() => void) | undefined
    let isOver = false
    report({
      eventCount: chain.eventCount,
      position: newest?.lastPosition ?? logStart,
      hash: chain.hash.toString('hex'),
    })

    const leaveAnchor = async (): Promise<void> => {
      if (!open || status.lastAnchor?.eventCount === chain.eventCount) return
      const { eventCount, hash } = chain
      const anchor = { eventCount, position: open.lastPosition, hash: hash.toString('hex'), at: clock.now() }
      const troubles = await leaveEverywhere(anchor)
      const words = troubles.length === 0 ? undefined : troubles.join(' ')
      if (words !== undefined && words !== anchorTrouble) log.error(words)
      anchorTrouble = words
      report(troubles.length === 0 ? { lastAnchor: anchor } : {})
      if (troubles.length > 0) anchorSoon()
    }
    /** Does not wait for the events to rest: they may never do. */
    const anchorSoon = (): void => {
      if (isOver) return
      cancelAnchor ??= clock.after(anchorAfterMs, () => {
        cancelAnchor = undefined
        void leaveAnchor()
      })
    }
    // Who kept the chain before may have been killed within that minute.
    if (open) anchorSoon()

    /** As many events as the open block has room for. */
    const chainSome = async (events: readonly RecordedEvent[]): Promise<void> => {
      const isFull = open === undefined || open.links.length === blockEventCount
      const before = isFull ? 0 : (open?.links.length ?? 0)
      const digests = events.map(digestOf)
      const links: Link[] = events.map((event, index) => toLink(event.position, digests[index] ?? emptyChain.hash))
      const next = extendChain(chain, digests)
      const block: EvidenceBlock = {
        number: isFull ? (open?.number ?? -1) + 1 : (open?.number ?? 0),
        links: isFull ? links : [...(open?.links ?? []), ...links],
        lastPosition: events.at(-1)?.position ?? status.position,
        hash: next.hash,
      }
      await saveBlock(sql, block, before, epoch)
      open = block
      chain = next
      chainTrouble = undefined
      report({ eventCount: next.eventCount, position: block.lastPosition, hash: next.hash.toString('hex') })
      if (block.links.length === blockEventCount) await leaveAnchor()
    }

    const onBatch = async (given: readonly RecordedEvent[]): Promise<void> => {
      let events = given.filter((event) => !open || comparePositions(event.position, open.lastPosition) > 0)
      if (events.length === 0) return
      while (events.length > 0) {
        const used = open?.links.length ?? 0
        const room = used === blockEventCount ? blockEventCount : blockEventCount - used
        await chainSome(events.slice(0, room))
        events = events.slice(room)
      }
      anchorSoon()
      // Few events a batch are newest ones: the next ones share a write.
      if (given.length < blockEventCount / 4) await pauseUnlessStopping(restMs)
    }

    const feed = store.follow({
      after: status.position,
      filter: chainedEvents,
      batchCountMax,
      onBatch,
      onLive: (isLive) => report({ state: isLive ? 'live' : 'catching-up' }),
    })
    report({ state: 'catching-up' })
    try {
      await Promise.race([feed.finished, stopping.promise])
    } finally {
      await feed.stop()
      isOver = true
      cancelAnchor?.()
      if (isStopping) await leaveAnchor()
    }
  }

  const loop = async (): Promise<void> => {
    for (let attempt = 0; !isStopping; attempt++) {
      const startedAt = clock.now()
      try {
        await runOnce()
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) {
          chainTrouble = error.message
          options.onLostLeadership?.()
          return
        }
        chainTrouble = `The chain is held up, and tried again: ${describeError(error)}`
        report({ state: 'stalled' })
        log.warning(`the hash chain stalled, trying again: ${describeError(error)}`)
        if (clock.now() - startedAt > 10_000) attempt = 0
        await pauseUnlessStopping(backOffMs(attempt, random))
      }
    }
  }
  const finished = loop().finally(() => report({ state: 'stopped' }))

  return {
    status: () => status,
    stop: async () => {
      isStopping = true
      stopping.resolve()
      await finished
    },
  }
}
