/** A rebuild in this process, where logic would start one of its own: the same engine, and it can be killed. */
import type { EventStore } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import type { ProjectionCode } from '#projection/projection-code.ts'
import { createDifferenceFinder } from '#projection/rebuild/differences/create-difference-finder.ts'
import { createRebuildProver } from '#projection/rebuild/proof/create-rebuild-prover.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { type RebuildLimits, runRebuild } from '#projection/rebuild/run-rebuild.ts'
import type { Client } from '#storage/client.ts'

export type InProcessRebuilder = {
  readonly pid: number
  tell(message: ToRebuilder): void
  readonly ended: Promise<{ readonly code: number | string; readonly words: string }>
  stop(): Promise<void>
  /** As `kill -9` looks from outside: nothing is heard of it any more. */
  kill(): void
}

export function startInProcessRebuilder(options: {
  readonly begin: Extract<ToRebuilder, { kind: 'begin' }>
  readonly codes: readonly Required<ProjectionCode>[]
  readonly onMessage: (message: FromRebuilder) => void
  readonly store: Pick<EventStore, 'readLog' | 'head' | 'follow' | 'readStream'>
  readonly sql: Client
  readonly log: Log
  readonly limits?: Partial<RebuildLimits>
}): InProcessRebuilder {
  const { begin, codes, store, sql, log } = options
  const code = must(
    codes.find(({ definition }) => definition.version === begin.toVersion),
    'the version asked for is known',
  )
  const places = { definition: code.definition, shadowSchema: begin.shadowSchema, sql, log }
  const ended = createDeferred<{ code: number | string; words: string }>()
  let isDead = false
  const run = runRebuild({
    begin,
    code,
    store,
    sql,
    prover: createRebuildProver(places),
    differences: createDifferenceFinder({ ...places, watchedFields: code.watchedFields, store: store as EventStore }),
    clock: systemClock,
    random: () => 0,
    log,
    say: (message) => {
      if (!isDead) options.onMessage(message)
    },
    limits: { progressEveryMs: 5, ...options.limits },
  })
  const over = run.finished.then(
    () => 0,
    () => 1,
  )
  void over.then((exitCode) => ended.resolve({ code: exitCode, words: '' }))
  return {
    pid: 0,
    tell: (message) => {
      if (!isDead) run.hear(message)
    },
    ended: ended.promise,
    stop: async () => {
      run.hear({ kind: 'stop' })
      await over
    },
    kill: () => {
      isDead = true
      run.hear({ kind: 'stop' })
      ended.resolve({ code: 'SIGKILL', words: '' })
    },
  }
}
