import type { LogicContext } from '#plugin-api'
import { checkList } from '../../shared/check-list.ts'
import type { Check } from '../checks/check.ts'
import { describe } from '../checks/rpc-checks.ts'
import { toCheckedPlatform } from './checked-platform.ts'
import { endJobs, jobKeyOf } from './end-jobs.ts'
import { findPresence } from './presence.ts'
import { type CheckResult, runCheck } from './run-check.ts'
import type { RecordedRun, RunJournal } from './run-journal.ts'

/** Runs checks, one run at a time, and records what each found. */
export interface Runner {
  /** No names: all of them. While a run goes on, it is that one. Rejects when it cannot be recorded, or a name is wrong. */
  begin(wish: {
    readonly by: string
    readonly checks: readonly string[]
    readonly mark: string
    readonly key: string
  }): Promise<{ readonly runId: string; readonly isNew: boolean }>
  /** A run as it stands, also while nothing can be recorded. */
  find(runId: string): Promise<RunView | undefined>
  underWay(): string | undefined
}

export type RunView = RecordedRun & { readonly running: readonly string[] }

type Current = {
  readonly id: string
  readonly by: string
  readonly checks: readonly Check[]
  readonly mark: string
  readonly key: string
  readonly beganAt: number
  readonly running: Set<string>
  readonly results: CheckResult[]
  unrecordedCount: number
}

/** So many at a time: enough that one which waits holds up nothing, and few enough that they do not wait for each other. */
const atOnceMax = 3

export function createRunner(options: {
  context: LogicContext
  checks: readonly Check[]
  journal: RunJournal
}): Runner {
  const { context, checks, journal } = options
  const { clock, log, rpc, signal } = context
  let current: Current | undefined
  let beginning: Promise<{ runId: string; isNew: boolean }> | undefined

  const begin: Runner['begin'] = async (wish) => {
    const picked = pick(checks, wish.checks)
    const run: Current = {
      id: crypto.randomUUID(),
      by: wish.by,
      checks: picked,
      mark: wish.mark,
      key: wish.key,
      beganAt: clock.now(),
      running: new Set(),
      results: [],
      unrecordedCount: 0,
    }
    await journal.begin({ runId: run.id, by: run.by, checks: picked.map(({ name }) => name) })
    current = run
    void runAll(run).catch((error: unknown) => log.error(`the run broke off: ${describe(error)}`, { error }))
    return { runId: run.id, isNew: true }
  }

  const runAll = async (run: Current): Promise<void> => {
    const waiting = [...run.checks]
    const lane = async (): Promise<void> => {
      for (let check = waiting.shift(); check && !signal.aborted; check = waiting.shift()) await runOne(run, check)
    }
    try {
      await Promise.all(Array.from({ length: atOnceMax }, lane))
      if (signal.aborted) return
      const { unrecordedCount } = run
      const isWhole = unrecordedCount === 0
      const words = isWhole ? '' : `${unrecordedCount} results could not be recorded`
      await journal.end(run.id, isWhole ? 'finished' : 'interrupted', words)
    } finally {
      current = undefined
    }
  }

  const runOne = async (run: Current, check: Check): Promise<void> => {
    run.running.add(check.name)
    const { mark, key } = run
    const jobKey = jobKeyOf(run.id, check.name)
    const result = await runCheck({
      check,
      needs: checkList.find(({ name }) => name === check.name)?.needs ?? [],
      platform: (until) => toCheckedPlatform(context, { signal: until, mark, key, jobKey }),
      findPresence: (service) => findPresence(rpc, service),
      clock,
      signal,
    })
    run.running.delete(check.name)
    run.results.push(result)
    if (signal.aborted) return
    if (!(await journal.note(run.id, result))) run.unrecordedCount++
    if (result.outcome === 'red') await endItsJob(run.id, check.name)
  }

  /** One that is red may have left its job behind, with nobody to look after it. */
  const endItsJob = (runId: string, check: string): Promise<void> =>
    endJobs(context.jobs, runId, [check]).catch((error: unknown) =>
      log.warning(`the job of ${check} could not be ended: ${describe(error)}`),
    )

  return {
    begin: async (wish) => {
      if (current) return { runId: current.id, isNew: false }
      beginning ??= begin(wish).finally(() => {
        beginning = undefined
      })
      return beginning
    },
    find: async (runId) => {
      if (current?.id === runId) return toView(current)
      const run = await journal.find(runId)
      return run && { ...run, running: [] }
    },
    underWay: () => current?.id,
  }
}

function pick(checks: readonly Check[], names: readonly string[]): readonly Check[] {
  const unknown = names.find((name) => !checks.some((check) => check.name === name))
  if (unknown !== undefined)
    throw new Error(`There is no check "${unknown}": there are ${checks.map(({ name }) => name).join(', ')}.`)
  return names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name))
}

function toView({ id, by, checks, beganAt, running, results }: Current): RunView {
  return {
    id,
    by,
    state: 'running',
    words: '',
    checkCount: checks.length,
    beganAt,
    endedAt: null,
    results: [...results],
    running: [...running],
  }
}
