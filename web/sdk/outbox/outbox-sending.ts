import type { Clock } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import type { PushedAction } from '#vortex/client/vortex-client.ts'
import { createLaneSender, isHopeless, type LaneAction } from '#vortex/lanes/lane-sender.ts'
import { createAdaptiveWindow } from '#vortex/lanes/send-window.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { DeviceFull, type OutboxStore } from '../device-store/device-store.ts'
import type { OutboxRecord, OutboxState } from '../device-store/outbox-record.ts'
import { createObstacleFinder } from './obstacle-of.ts'
import type { OutboxTransport } from './outbox.ts'
import type { OutboxMirror } from './outbox-mirror.ts'
import type { OutboxWriter } from './outbox-writer.ts'

/**
 * One term as the sender: from when this engine was told to send until it is told not to.
 *
 * Promises: an action is marked as sent in the store before it leaves, so that nobody discards what logic may have; its
 * end goes to the writer; after `stop` nothing leaves, and what still comes back is not heard.
 */
export interface OutboxSending {
  add(record: OutboxRecord): void
  /** False when it is under way. */
  remove(record: OutboxRecord): boolean
  /** It changed, and with it what depends on it may go, or not. */
  recheck(id: string): void
  resume(): void
  sendingCount(): number
  stop(): void
}

export type SendingOptions = {
  readonly store: Pick<OutboxStore, 'change'>
  readonly mirror: OutboxMirror
  readonly writer: Pick<OutboxWriter, 'write'>
  readonly transport: Pick<OutboxTransport, 'act'>
  readonly clock: Clock
  readonly random: Random
  canSend(): boolean
  onMarked(records: readonly OutboxRecord[]): void
  /** Somebody else has ended it, or had. */
  onGone(id: string): void
  /** The sign-in does not hold any more. */
  onForbidden(words: string): void
}

type Marking = { readonly record: OutboxRecord; readonly done: (record: OutboxRecord | 'gone' | 'unknown') => void }
type Queued = LaneAction & { readonly record: OutboxRecord }

const underWay: readonly OutboxState[] = ['waiting', 'sent']
/** What could not be taken from the sender before this one may have been taken from this one. */
const undecided: readonly OutboxState[] = [...underWay, 'stuck']
const windowCountMax = 256
const laneInFlightCountMax = 100
const turnCountMax = 16
const windowBytesEach = 2_048

export function startOutboxSending(options: SendingOptions): OutboxSending {
  const { store, mirror, writer, transport, clock, random } = options
  const obstacleOf = createObstacleFinder(mirror)
  let marking: Marking[] = []
  /** Their end is known, and not yet in the store. */
  const ending = new Set<string>()
  let isMarking = false
  let isStopped = false

  const lanes = createLaneSender<Queued>({
    clock,
    random,
    window: createAdaptiveWindow({ clock, countMax: windowCountMax, bytesEach: windowBytesEach }),
    laneInFlightCountMax,
    turnCountMax,
    canSend: () => !isStopped && options.canSend(),
    obstacleOf: ({ id, record }) => obstacleOf(mirror.get(id) ?? record),
    send,
    onFinal: ({ id }, answer) => {
      if (isStopped) return
      ending.add(id)
      const change = toEnd(answer, clock.now())
      writer.write({ id, onlyIn: change.state === 'stuck' ? underWay : undecided, change })
    },
    // Not before it has left: a person may have changed their mind meanwhile, and it must be added again.
    onGone: ({ id }) => {
      if (!isStopped) options.onGone(id)
    },
  })

  return {
    add: (record) => {
      if (!ending.has(record.id)) lanes.add(toQueued(record))
    },
    remove: ({ id, seq }) => {
      ending.delete(id)
      return lanes.remove(seq)
    },
    recheck: lanes.recheck,
    resume: lanes.resume,
    sendingCount: lanes.sentCount,
    stop: () => {
      isStopped = true
      void lanes.stop()
    },
  }

  async function send({ id, record }: Queued, prev: string | undefined): Promise<Answer | 'gone'> {
    const marked = await mark(mirror.get(id) ?? record)
    if (marked === 'gone') return marked
    if (marked === 'unknown' || isStopped) return notSent
    const answer = await transport.act(toAct(marked, prev), marked.body)
    if (answer.outcome === 'failed' && !isHopeless(answer)) note(marked, answer)
    return answer
  }

  function mark(record: OutboxRecord): Promise<OutboxRecord | 'gone' | 'unknown'> {
    return new Promise((done) => {
      marking.push({ record, done })
      if (!isMarking) void markAll()
    })
  }

  async function markAll(): Promise<void> {
    isMarking = true
    // All of one turn in one write.
    await undefined
    while (marking.length > 0) {
      const batch = marking
      marking = []
      const outcomes = await markBatch(batch.map(({ record }) => record))
      for (const [index, { done }] of batch.entries()) done(outcomes[index] ?? 'unknown')
    }
    isMarking = false
  }

  async function markBatch(records: readonly OutboxRecord[]): Promise<readonly (OutboxRecord | 'gone' | 'unknown')[]> {
    if (isStopped) return []
    const at = clock.now()
    const toMarked = ({ attempts }: OutboxRecord) => ({ state: 'sent', attempts: attempts + 1, lastTryAt: at }) as const
    try {
      const marked = await store.change(
        records.map((record) => ({ id: record.id, onlyIn: underWay, change: toMarked(record) })),
      )
      options.onMarked(marked.filter((record) => record !== undefined))
      return marked.map((record) => record ?? 'gone')
    } catch (error) {
      // A full device gets room only by sending.
      if (error instanceof DeviceFull) return records.map((record) => ({ ...record, ...toMarked(record) }))
      return []
    }
  }

  function note({ id, words }: OutboxRecord, answer: Answer & { outcome: 'failed' }): void {
    if (isStopped) return
    if (answer.kind === 'forbidden') options.onForbidden(answer.words)
    const isNews = words !== answer.words && answer.kind !== 'out-of-order'
    if (isNews) writer.write({ id, onlyIn: ['sent'], change: { kind: answer.kind, words: answer.words } })
  }
}

const notSent: Answer = { outcome: 'failed', kind: 'unavailable', words: 'It was not sent.' }

function toQueued(record: OutboxRecord): Queued {
  const { id, seq, lane, body } = record
  return { id, lane, sequence: seq, sizeBytes: body.length, record }
}

function toAct({ id, name, version, at, lane, seq }: OutboxRecord, prev: string | undefined): PushedAction {
  return { id, name, version, at, lane, seq, ...(prev !== undefined && { prev }) }
}

function toEnd(answer: Answer, now: number) {
  switch (answer.outcome) {
    case 'accepted': {
      const { position, changed } = answer
      if (changed === undefined) return { state: 'accepted', position, endedAt: now } as const
      return { state: 'changed', position, words: changed, endedAt: now } as const
    }
    case 'rejected':
      return {
        state: 'refused',
        kind: answer.kind,
        words: answer.words,
        position: answer.position,
        endedAt: now,
      } as const
    case 'failed':
      return { state: 'stuck', kind: answer.kind, words: answer.words } as const
  }
}
