import type { PartContext } from '#plugin-api'
import type { Service } from '../shared/services.ts'
import { everyMs, leftoverLines } from '../shared/unload.ts'

/**
 * Begins one of everything that a part may begin, and sees what becomes of it when the part ends: the code of a plugin stays
 * in its process while its parts come and go, so the next part of the same process can tell.
 *
 * Of earlier parts one is kept, with its context: to try what it must not be able to do any more.
 */
type Probe = {
  readonly context: Probed
  /** Calls another part by way of that context. */
  readonly call: () => Promise<unknown>
  /** In the order in which they ran. */
  readonly stopHandlers: number[]
  isWorkUnderWay: boolean
  isOver: boolean
  lateTimers: number
  lateSettings: number
}

/** What of a part's context is tried. */
type Probed = Pick<PartContext, 'signal' | 'clock' | 'every' | 'after' | 'onStop' | 'files'> & {
  readonly settings: Pick<PartContext['settings'], 'onChange'>
}

const latest = new Map<Service, { readonly now: Probe; readonly before: Probe | undefined }>()

export function beginProbe(service: Service, context: Probed, call: () => Promise<unknown>): void {
  const probe: Probe = {
    context,
    call,
    stopHandlers: [],
    isWorkUnderWay: false,
    isOver: false,
    lateTimers: 0,
    lateSettings: 0,
  }
  const { signal, clock } = context
  const onTimer = (): void => {
    if (probe.isOver) probe.lateTimers++
  }
  context.every(everyMs, () => {
    onTimer()
    clock.after(everyMs / 2, onTimer)
  })
  context.after(0, () => {
    // Work that ends when it is told to, and a moment later. A part that is ended at once has not begun it.
    probe.isWorkUnderWay = true
    return new Promise<void>((resolve) => {
      const end = (): void => {
        probe.isWorkUnderWay = false
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', () => queueMicrotask(end), { once: true })
    })
  })
  context.settings.onChange(() => {
    if (probe.isOver) probe.lateSettings++
  })
  // The last one first: this one ends the list.
  context.onStop(() => {
    probe.stopHandlers.push(1)
    probe.isOver = true
  })
  context.onStop(async () => {
    await Promise.resolve()
    probe.stopHandlers.push(2)
  })
  latest.set(service, { now: probe, before: latest.get(service)?.now })
}

/** What became of the part before this one, a line each; none where this one is the first of its process. */
export async function describeEarlier(service: Service): Promise<string[]> {
  const before = latest.get(service)?.before
  if (!before) return []
  const { context, stopHandlers, isWorkUnderWay, lateTimers, lateSettings } = before
  return leftoverLines({
    signal: context.signal.aborted ? 'aborted' : 'not aborted',
    work: isWorkUnderWay ? 'still under way' : 'none under way',
    stopHandlers: stopHandlers.join(', '),
    lateTimers: String(lateTimers),
    lateSettings: String(lateSettings),
    newTimer: await outcomeOf(() => context.after(0, () => undefined)),
    files: await outcomeOf(() => context.files()),
    call: await outcomeOf(before.call),
  })
}

/** The kind of what it throws. */
async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    return error instanceof Error && 'kind' in error ? String(error.kind) : String(error)
  }
}
