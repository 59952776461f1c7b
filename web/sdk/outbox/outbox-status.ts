import type { OutboxStatus, OutboxTransport } from './outbox.ts'
import type { FiguresReader } from './outbox-figures.ts'
import type { OutboxMirror } from './outbox-mirror.ts'

/** How the outbox stands, in figures and words, told when it changes. */
export interface StatusTeller {
  now(): OutboxStatus
  listen(listener: (status: OutboxStatus) => void): () => void
  tell(): void
}

export function createStatusTeller(options: {
  readonly figures: Pick<FiguresReader, 'fresh' | 'latest'>
  readonly mirror: OutboxMirror
  readonly transport: Pick<OutboxTransport, 'state'>
  /** Undefined where another page sends. */
  sendingCount(): number | undefined
  forbiddenWords(): string | undefined
  closedWords(): string | undefined
}): StatusTeller {
  const { figures, mirror, transport } = options
  const listeners = new Set<(status: OutboxStatus) => void>()
  let told: OutboxStatus | undefined

  return {
    now,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell: () => {
      const status = now()
      if (told && isSame(told, status)) return
      told = status
      for (const listener of [...listeners]) listener(status)
    },
  }

  function now(): OutboxStatus {
    const fresh = figures.fresh()
    const latest = figures.latest()
    const pause = findPause()
    const isAllSent = fresh !== undefined && fresh.unsentCount === 0 && fresh.ackedSeq === fresh.highestSeq
    return {
      unsent: fresh?.unsentCount ?? Math.max(latest?.unsentCount ?? 0, mirror.unsentCount()),
      attention: fresh?.attentionCount ?? Math.max(latest?.attentionCount ?? 0, mirror.attentionCount()),
      sending: pause ? 0 : (options.sendingCount() ?? mirror.sentCount()),
      isSynced: isAllSent && mirror.unsentCount() === 0 && pause?.paused !== 'store-closed',
      highestSeq: latest?.highestSeq ?? 0,
      ackedSeq: latest?.ackedSeq ?? 0,
      ...pause,
    }
  }

  function findPause(): Pick<Required<OutboxStatus>, 'paused' | 'words'> | undefined {
    const closed = options.closedWords()
    if (closed !== undefined) return { paused: 'store-closed', words: closed }
    const forbidden = options.forbiddenWords()
    if (forbidden !== undefined) return { paused: 'signed-out', words: forbidden }
    const state = transport.state()
    return state.is === 'online' ? undefined : { paused: state.is, words: state.words }
  }
}

function isSame(one: OutboxStatus, other: OutboxStatus): boolean {
  return (
    one.unsent === other.unsent &&
    one.attention === other.attention &&
    one.sending === other.sending &&
    one.isSynced === other.isSynced &&
    one.highestSeq === other.highestSeq &&
    one.ackedSeq === other.ackedSeq &&
    one.paused === other.paused &&
    one.words === other.words
  )
}
