import type { OutboxStatus } from '#web/sdk/outbox/outbox.ts'
import { formatBytes, formatCount, formatLength, formatPlural } from '#web/ui'
import { type AppShellState, appShellWords } from '../app-shell-state.ts'
import type { PackFacts } from './kept-facts.ts'

/** What must be so before somebody leaves coverage: each with what is missing, and what to do about it. */
export type ReadinessCheck = {
  readonly id: 'app' | 'update' | 'outbox' | 'packs' | 'room' | 'persistence' | 'clock'
  readonly title: string
  /** `pending` comes by itself when one waits; `advice` hinders nobody. */
  readonly state: 'ok' | 'missing' | 'pending' | 'advice'
  readonly words: string
  readonly todo?: ReadinessTodo
}
export type ReadinessTodo = 'check-app' | 'update' | 'connect' | 'open-outbox' | 'fetch-packs' | 'persist'

export type ReadinessFacts = {
  readonly now: number
  readonly isOnline: boolean
  readonly shell: AppShellState
  /** Another build of the app is offered. */
  readonly hasUpdate: boolean
  readonly outbox: OutboxStatus
  readonly isDurable: boolean
  readonly packs: readonly PackFacts[]
  readonly storage: {
    readonly usedBytes?: number | undefined
    readonly quotaBytes?: number | undefined
    /** Undefined where the browser does not tell. */
    readonly isPersistent?: boolean | undefined
  }
  /** How far the clock here is ahead of the server's; undefined before the first contact. */
  readonly clockOffsetMs: number | undefined
}

export function checkReadiness(facts: ReadinessFacts): readonly ReadinessCheck[] {
  return [
    appCheck(facts),
    updateCheck(facts),
    outboxCheck(facts),
    ...packChecks(facts),
    roomCheck(facts),
    persistenceCheck(facts),
    clockCheck(facts),
  ]
}

/** All of it in one line. */
export function readinessVerdict(checks: readonly ReadinessCheck[]): {
  readonly isReady: boolean
  readonly words: string
} {
  const missing = checks.filter(({ state }) => state === 'missing').length
  const pending = checks.filter(({ state }) => state === 'pending').length
  if (missing > 0) return { isReady: false, words: `Not ready: ${formatPlural(missing, 'thing')} missing.` }
  if (pending > 0) return { isReady: false, words: 'Nearly ready: wait a moment.' }
  return { isReady: true, words: 'Ready to leave coverage.' }
}

function appCheck({ shell }: ReadinessFacts): ReadinessCheck {
  const same = { id: 'app', title: 'The app on this device', words: appShellWords(shell) } as const
  if (shell.isWhole) return { ...same, state: 'ok' }
  if (shell.fetching) return { ...same, state: 'pending' }
  return shell.support === 'kept' ? { ...same, state: 'missing', todo: 'check-app' } : { ...same, state: 'missing' }
}

function updateCheck({ hasUpdate }: ReadinessFacts): ReadinessCheck {
  const same = { id: 'update', title: 'Version of the app' } as const
  return hasUpdate
    ? {
        ...same,
        state: 'advice',
        words: 'Another version is ready. Update now, while it can be looked at in peace.',
        todo: 'update',
      }
    : { ...same, state: 'ok', words: 'No update waits.' }
}

function outboxCheck({ outbox, isDurable, isOnline }: ReadinessFacts): ReadinessCheck {
  const same = { id: 'outbox', title: 'What you did' } as const
  if (!isDurable)
    return {
      ...same,
      state: 'missing',
      words:
        'This browser keeps nothing: what is done without a connection is lost when the page is closed. Use a window that is not private, over https.',
    }
  if (outbox.paused === 'signed-out')
    return { ...same, state: 'missing', words: 'Sending pauses until you sign in again.', todo: 'open-outbox' }
  if (outbox.attention > 0) {
    const words = `${formatPlural(outbox.attention, 'action needs', 'actions need')} attention. It is easier with a connection.`
    return { ...same, state: 'missing', words, todo: 'open-outbox' }
  }
  if (outbox.unsent > 0) {
    const words = `${formatPlural(outbox.unsent, 'action')} not sent yet.`
    return isOnline ? { ...same, state: 'pending', words } : { ...same, state: 'advice', words, todo: 'connect' }
  }
  return outbox.isSynced
    ? { ...same, state: 'ok', words: 'Everything has arrived.' }
    : { ...same, state: 'pending', words: 'Looking at what is on this device.' }
}

/** A pack that is older than a shift may not be what is true any more. */
const packAgeMaxMs = 24 * 3_600_000

function packChecks({ packs, now }: ReadinessFacts): readonly ReadinessCheck[] {
  if (packs.length === 0) return []
  const same = { id: 'packs', title: 'Data for without a connection' } as const
  const named = (some: readonly PackFacts[]) => some.map(({ title }) => `“${title}”`).join(', ')
  const fetching = packs.filter(({ progress }) => progress !== undefined)
  const missing = packs.filter(({ fetchedAt, progress }) => fetchedAt === undefined && progress === undefined)
  const partial = packs.filter(
    (pack) => pack.fetchedAt !== undefined && pack.missingCount > 0 && pack.progress === undefined,
  )
  const old = packs.filter((pack) => pack.fetchedAt !== undefined && now - pack.fetchedAt > packAgeMaxMs)
  if (missing.length > 0)
    return [{ ...same, state: 'missing', words: `Not fetched: ${named(missing)}.`, todo: 'fetch-packs' }]
  if (partial.length > 0)
    return [{ ...same, state: 'missing', words: `Not complete: ${named(partial)}.`, todo: 'fetch-packs' }]
  if (fetching.length > 0) return [{ ...same, state: 'pending', words: `Fetching ${named(fetching)}.` }]
  if (old.length > 0)
    return [{ ...same, state: 'advice', words: `Older than a day: ${named(old)}.`, todo: 'fetch-packs' }]
  return [{ ...same, state: 'ok', words: `${formatCount(packs.length)} of ${formatCount(packs.length)} fetched.` }]
}

/** Below this there is no telling whether a shift's work fits. */
const roomMinBytes = 50_000_000

function roomCheck({ storage: { usedBytes, quotaBytes } }: ReadinessFacts): ReadinessCheck {
  const same = { id: 'room', title: 'Room on this device' } as const
  if (usedBytes === undefined || quotaBytes === undefined)
    return { ...same, state: 'advice', words: 'This browser does not tell how much room there is.' }
  const left = Math.max(0, quotaBytes - usedBytes)
  return left < roomMinBytes
    ? {
        ...same,
        state: 'missing',
        words: `Only ${formatBytes(left)} left. Remove data you do not need, or free space on the device.`,
      }
    : { ...same, state: 'ok', words: `${formatBytes(left)} left.` }
}

function persistenceCheck({ storage, isDurable }: ReadinessFacts): ReadinessCheck {
  const same = { id: 'persistence', title: 'Storage that stays' } as const
  if (!isDurable) return { ...same, state: 'missing', words: 'This browser keeps nothing for this address.' }
  if (storage.isPersistent === undefined)
    return { ...same, state: 'advice', words: 'This browser does not tell whether it may clear what is kept.' }
  return storage.isPersistent
    ? { ...same, state: 'ok', words: 'The browser will not clear it by itself.' }
    : {
        ...same,
        state: 'advice',
        words:
          'When the device runs out of space, the browser may clear it, with what is not sent. Ask it to stay; installing the app helps.',
        todo: 'persist',
      }
}

const clockOffMaxMs = 2 * 60_000

function clockCheck({ clockOffsetMs }: ReadinessFacts): ReadinessCheck {
  const same = { id: 'clock', title: 'Clock' } as const
  if (clockOffsetMs === undefined)
    return { ...same, state: 'advice', words: 'Not compared yet: there was no contact since the app was opened.' }
  if (Math.abs(clockOffsetMs) <= clockOffMaxMs) return { ...same, state: 'ok', words: 'It agrees with the server.' }
  const way = clockOffsetMs > 0 ? 'ahead of' : 'behind'
  return {
    ...same,
    state: 'missing',
    words: `It is ${formatLength(clockOffsetMs)} ${way} the server: what you do would carry a wrong time. Set the device's clock.`,
  }
}
