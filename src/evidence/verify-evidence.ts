import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { describeError, type ErrorKind, isPlatformError } from '#kernel/platform-error.ts'
import { fromPosition, logStart, type Position } from '#kernel/position.ts'
import type { Anchor } from './anchors.ts'
import { type Chain, emptyChain, extendChain } from './chain.ts'
import { digestOf } from './event-digest.ts'
import type { EvidenceBlock } from './evidence-blocks.ts'
import { chainedEvents } from './keep-evidence.ts'
import { type Link, toLink } from './links.ts'

/**
 * What is wrong, and where it begins.
 *
 *   altered   the event is not what it was when it was chained
 *   missing   an event was chained and is not in the log
 *   inserted  an event is in the log before the chain's end and was never chained
 *   unreadable  the store cannot read the log from there on
 *   chain     the chain itself was altered: its links do not give its hash
 *   anchor    an anchor kept apart says another hash than log and chain do now
 */
export type EvidenceFinding = {
  readonly kind: 'altered' | 'missing' | 'inserted' | 'unreadable' | 'chain' | 'anchor'
  readonly words: string
  readonly position: string
  readonly stream?: string
  readonly revision?: number
  readonly eventId?: string
  readonly type?: string
}

export type EvidenceVerification = {
  readonly findings: readonly EvidenceFinding[]
  /** More were found than are listed. */
  readonly isCut: boolean
  /** Events compared with their link. */
  readonly eventCount: number
  /** The last anchor that everything up to it agrees with. */
  readonly provenBy: Anchor | undefined
  /** Events behind the last good anchor: only the chain beside the read models vouches for them. */
  readonly unanchoredCount: number
  /** Events behind the end that the chain had when its end was reached: recorded within about a second, or meanwhile. */
  readonly unchainedCount: number
  /** Hexadecimal; of the chain as computed from the log. */
  readonly hash: string
}

const findingCountMax = 100
const pageCountDefault = 4_096

/** A store that is away says nothing about what it holds. */
const awayKinds: readonly ErrorKind[] = ['unavailable', 'timeout', 'forbidden']

/**
 * Reads the whole log again and compares every event with what it was when it was chained, while others go on recording.
 * Changes nothing. Rejects with `unavailable`, `timeout` or `forbidden` when log or chain cannot be read just now.
 */
export async function verifyEvidence(options: {
  readonly store: Pick<EventStore, 'readLog'>
  /** In order, from the first. */
  readonly blocks: AsyncIterable<EvidenceBlock>
  readonly anchors: readonly Anchor[]
  readonly signal?: AbortSignal
  /** Events read at a time. */
  readonly pageCountMax?: number
  /** Awaited after each page, for others to have their turn. */
  readonly rest?: () => Promise<void>
  readonly onProgress?: (done: { readonly eventCount: number; readonly position: Position }) => void
}): Promise<EvidenceVerification> {
  const findings: EvidenceFinding[] = []
  let foundCount = 0
  const find = (finding: EvidenceFinding): void => {
    if (foundCount++ < findingCountMax) findings.push(finding)
  }
  // There may be several of one length, in folders and of restarts: every one of them must agree.
  const anchors = Map.groupBy(options.anchors, ({ eventCount }) => eventCount)
  const log = readEvents(options)
  let next: IteratorResult<RecordedEvent, undefined> = { done: true, value: undefined }
  let chain: Chain = emptyChain
  let comparedCount = 0
  let provenBy: Anchor | undefined
  /** After the first difference the hashes differ from there on, which says nothing more. */
  let isWhole = true
  let unchainedCount = 0

  const compare = async (link: Link): Promise<Buffer | undefined> => {
    while (!next.done && fromPosition(next.value.position).commit < link.commit) {
      find(aboutEvent('inserted', next.value, 'is in the log, before the end of the chain, and was never chained'))
      next = await log.next()
    }
    // What is chained by now was perhaps recorded after the last look.
    if (next.done) next = await log.next()
    if (next.done || fromPosition(next.value.position).commit !== link.commit) {
      const words = `The event at position ${link.commit} was chained and is not in the log any more.`
      find({ kind: 'missing', words, position: String(link.commit) })
      return undefined
    }
    const event = next.value
    const digest = digestOf(event)
    comparedCount++
    next = await log.next()
    if (toLink(event.position, digest).digestStart === link.digestStart) return digest
    find(aboutEvent('altered', event, 'is not what it was when it was recorded'))
    return undefined
  }

  const checkAnchor = (anchor: Anchor): void => {
    if (anchor.hash === chain.hash.toString('hex')) {
      provenBy = anchor
      return
    }
    const since = provenBy ? `after the anchor at ${provenBy.position}` : 'from the first event on'
    const words = `The anchor of ${new Date(anchor.at).toISOString()} over ${anchor.eventCount} events says another hash: log and chain were both changed, ${since}.`
    find({ kind: 'anchor', words, position: anchor.position })
    isWhole = false
  }

  try {
    next = await log.next()
    for await (const block of options.blocks) {
      for (const link of block.links) {
        options.signal?.throwIfAborted()
        const digest = await compare(link)
        if (digest === undefined) isWhole = false
        else if (isWhole) {
          chain = extendChain(chain, [digest])
          for (const anchor of anchors.get(chain.eventCount) ?? []) checkAnchor(anchor)
        }
      }
      if (isWhole && !chain.hash.equals(block.hash)) {
        const words = `Block ${block.number} of the hash chain was altered: every event agrees with its link, and the links do not give the block's hash.`
        find({ kind: 'chain', words, position: block.lastPosition })
        isWhole = false
      }
    }
    for (; !next.done; next = await log.next()) unchainedCount++
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isPlatformError(error) && awayKinds.includes(error.kind)) throw error
    const words = describeError(error)
    const position = log.position()
    if (isPlatformError(error) && error.facts.block !== undefined) find({ kind: 'chain', words, position })
    else find({ kind: 'unreadable', words: `The log cannot be read on: ${words}`, position })
    isWhole = false
  }
  for (const anchor of options.anchors)
    if (isWhole && anchor.eventCount > chain.eventCount) {
      const words = `An anchor of ${new Date(anchor.at).toISOString()} speaks of ${anchor.eventCount} events, the chain has ${chain.eventCount}: its end was cut off, or an older copy of the database was restored.`
      find({ kind: 'anchor', words, position: anchor.position })
      break
    }
  return {
    findings,
    isCut: foundCount > findings.length,
    eventCount: comparedCount,
    provenBy,
    unanchoredCount: comparedCount - (provenBy?.eventCount ?? 0),
    unchainedCount,
    hash: chain.hash.toString('hex'),
  }
}

function aboutEvent(kind: 'altered' | 'inserted', event: RecordedEvent, what: string): EvidenceFinding {
  const { position, stream, revision, id, type } = event
  const words = `${type} at revision ${revision} of ${stream} ${what}.`
  return { kind, words, position, stream, revision, eventId: id, type }
}

type EventReader = AsyncIterator<RecordedEvent, undefined> & { position(): Position }

/** One event after the other, the next page read when the last is used up. */
function readEvents(options: Parameters<typeof verifyEvidence>[0]): EventReader {
  let position: Position = logStart
  let page: readonly RecordedEvent[] = []
  let index = 0
  let readCount = 0
  return {
    position: () => position,
    next: async () => {
      if (index === page.length) {
        options.onProgress?.({ eventCount: readCount, position })
        await options.rest?.()
        page = await options.store.readLog({
          beyond: readCount === 0 ? 'start' : position,
          direction: 'forwards',
          countMax: options.pageCountMax ?? pageCountDefault,
          filter: chainedEvents,
        })
        index = 0
      }
      const event = page[index++]
      if (!event) return { done: true, value: undefined }
      position = event.position
      readCount++
      return { done: false, value: event }
    },
  }
}
