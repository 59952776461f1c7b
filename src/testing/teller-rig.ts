import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { defineReactor, type ReactorDefinition } from '#reactor/define-reactor.ts'
import type { Effects } from '#reactor/effects.ts'
import { type Reactor, startReactor } from '#reactor/reactor.ts'
import type { ReactorOptions } from '#reactor/reactor-options.ts'
import { AddToCounter } from './counter.ts'
import { added, recordEvents } from './counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from './memory-event-store.ts'
import { createMemoryReactorJournals, type MemoryReactorJournals } from './memory-reactor-journals.ts'

/** A reactor that tells what it does, on stores in memory and a clock that is moved by hand: to test reactors with. */
export interface TellerRig {
  store: MemoryEventStore
  journals: MemoryReactorJournals
  clock: FakeClock
  /** What was done, as `counter amount`, in the order it began, and in which it ended. */
  began: string[]
  done: string[]
  /** What the handler does about an event besides telling of it. */
  react: (what: string, effects: Effects) => Promise<void> | void
  define(change?: Partial<Parameters<typeof defineReactor>[0]>): ReactorDefinition
  /** A stop of it is as good as a crash: nothing under way is waited for. */
  start(options?: Partial<ReactorOptions> & { readonly epoch?: number }): Reactor
  /** Resolves when it holds: looked at whenever a status changed or an effect ended. */
  until(isTrue: () => boolean): Promise<void>
  record(counterId: string, ...amounts: readonly number[]): Promise<unknown>
  /** The checkpoint has come to the end of the log. */
  caughtUp(reactor: Reactor): Promise<void>
  stopAll(): Promise<void>
}

export function createTellerRig(): TellerRig {
  const running: Reactor[] = []
  const waiting = new Set<() => void>()
  const look = (): void => {
    for (const check of [...waiting]) check()
  }
  const clock = createFakeClock(1_000_000)
  const rig: TellerRig = {
    clock,
    store: createMemoryEventStore({ clock }),
    journals: createMemoryReactorJournals(),
    began: [],
    done: [],
    react: () => undefined,
    define: (change = {}) =>
      defineReactor({
        plugin: 'test',
        name: 'teller',
        startsAt: 'beginning',
        retry: { triesMax: 3, delayMs: 1_000, delayMsMax: 8_000, timeoutMs: 5_000 },
        on: (on) => [
          on(AddToCounter, async ({ data }, effects) => {
            const what = `${data.counterId} ${data.amount}`
            rig.began.push(what)
            await rig.react(what, effects)
            rig.done.push(what)
            look()
          }),
        ],
        ...change,
      }),
    start: ({ epoch = 1, ...options } = {}) => {
      const reactor = startReactor({
        definition: rig.define(),
        store: rig.store,
        journal: rig.journals.journal(epoch),
        push: async () => ({ outcome: 'accepted', position: '' }),
        clock,
        random: () => 1,
        log: silentLog,
        limits: { graceMs: 0 },
        ...options,
        onStatus: look,
      })
      running.push(reactor)
      return reactor
    },
    until: async (isTrue) => {
      if (isTrue()) return
      const reached = createDeferred<void>()
      const check = (): void => {
        if (isTrue()) reached.resolve()
      }
      waiting.add(check)
      await reached.promise
      waiting.delete(check)
    },
    record: (counterId, ...amounts) =>
      recordEvents(
        rig.store,
        counterId,
        amounts.map((amount) => added(counterId, amount)),
      ),
    caughtUp: (reactor) => rig.until(() => reactor.status().position === rig.store.log.at(-1)?.position),
    stopAll: async () => {
      rig.react = () => undefined
      await Promise.all(running.splice(0).map((reactor) => reactor.stop()))
    },
  }
  return rig
}
