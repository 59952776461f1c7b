/** The engine that builds shadows, over counters, with stores that break when they are told to. */
import { createUpcasters } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { type RebuildPorts, type RebuildRun, runRebuild } from '#projection/rebuild/run-rebuild.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { createBlindFinder, createTrustingProver } from '#projection/rebuild/testing/quiet-rebuild.ts'
import { AddToCounter, ResetCounter } from '#testing/counter.ts'
import { CounterRemoved, CounterSet, CounterTouched, counterModel, counters } from '#testing/counter-model.ts'
import { eventually } from './eventually.ts'

export const upcasters = createUpcasters()
upcasters.addAll(
  [AddToCounter, ResetCounter, CounterSet, CounterRemoved, CounterTouched].map(({ name }) => ({
    type: name,
    version: 1,
    upcasts: [],
  })),
)

/** Goes on at once after a failure: nothing here waits for a clock. */
export const impatientClock: Clock = { now: systemClock.now, after: (_, work) => systemClock.after(0, work) }

/** The engine of a rebuild of counters at work, and what it said. */
export type EngineRun = {
  readonly run: RebuildRun
  readonly said: FromRebuilder[]
  readonly prover: ReturnType<typeof createTrustingProver>
  until<K extends FromRebuilder['kind']>(kind: K): Promise<Extract<FromRebuilder, { kind: K }>>
  stop(): Promise<void>
}

export function startEngine(
  ports: Partial<RebuildPorts> & Pick<RebuildPorts, 'sql' | 'store'>,
  begin: Partial<Extract<ToRebuilder, { kind: 'begin' }>> = {},
): EngineRun {
  const said: FromRebuilder[] = []
  const prover = createTrustingProver()
  const run = runRebuild({
    begin: {
      kind: 'begin',
      rebuildId: 'r-1',
      rebuildKind: 'rebuild',
      projection: 'test.counters',
      toVersion: 1,
      shadowSchema: shadowSchemaOf(counterModel.schemaName),
      liveSchema: counterModel.schemaName,
      epoch: 1,
      phase: 'queued',
      isProved: false,
      asksFirst: false,
      rateMax: null,
      isPaused: false,
      ...begin,
    },
    code: { definition: counters, upcast: upcasters.upcast },
    prover,
    differences: createBlindFinder(),
    clock: impatientClock,
    random: () => 0,
    log: silentLog,
    say: (message) => said.push(message),
    ...ports,
    limits: { saveEveryMsMin: 0, progressEveryMs: 0, meetingMsMax: 5, ...ports.limits },
  })
  let isOver = false
  void run.finished.catch(() => undefined).then(() => (isOver = true))
  return {
    run,
    said,
    prover,
    until: async (kind) => {
      const isKind = (message: FromRebuilder): message is Extract<FromRebuilder, { kind: typeof kind }> =>
        message.kind === kind
      await eventually(`the rebuild says ${kind}`, () => {
        const failed = said.find((message) => message.kind === 'failed')
        if (failed && kind !== 'failed') throw new Error(`the rebuild failed: ${failed.words}`)
        return said.some(isKind) || isOver
      })
      return must(said.findLast(isKind), `the rebuild said ${kind}`)
    },
    stop: async () => {
      run.hear({ kind: 'stop' })
      await run.finished.catch(() => undefined)
    },
  }
}
