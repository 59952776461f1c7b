import { desc, eq } from 'drizzle-orm'
import type { ActionDefinition, JsonObject, LogicContext } from '#plugin-api'
import { BeginRun, EndRun, ForgetRun, NoteResult } from '../../shared/actions.ts'
import { checkList } from '../../shared/check-list.ts'
import { runsModel } from '../../storage/models.ts'
import { pause } from '../checks/check.ts'
import { endJobs } from './end-jobs.ts'
import type { CheckResult } from './run-check.ts'

/** What is recorded of runs: events, and the read model of them. */
export interface RunJournal {
  /** Rejects when it cannot be recorded now: then there is no run. */
  begin(run: { readonly runId: string; readonly by: string; readonly checks: readonly string[] }): Promise<void>
  /** False when it could not be recorded, however often it was tried. */
  note(runId: string, result: CheckResult): Promise<boolean>
  end(runId: string, state: 'finished' | 'interrupted', words: string): Promise<boolean>
  find(runId: string): Promise<RecordedRun | undefined>
  /** Ends runs that nobody goes on with, their jobs first, and takes the oldest out of the list. */
  sweep(underWay: string | undefined): Promise<void>
}

export type RecordedRun = {
  readonly id: string
  readonly by: string
  readonly state: string
  readonly words: string
  readonly checkCount: number
  readonly beganAt: number
  readonly endedAt: number | null
  readonly results: readonly CheckResult[]
}

const triesMax = 8
const tryAgainMs = 400
const keptRunsMax = 30

export function createRunJournal({ push, database, jobs, clock, signal, log }: LogicContext): RunJournal {
  const { db } = database
  const { runs, results } = runsModel.tables

  /** With an id of its own, so that a repeat is the same. Undefined when it is recorded. */
  const record = async (action: ActionDefinition, fields: JsonObject): Promise<string | undefined> => {
    const id = crypto.randomUUID()
    let words = ''
    for (let tryNumber = 1; tryNumber <= triesMax && !signal.aborted; tryNumber++) {
      const answer = await push(action, fields, { id })
      if (answer.outcome === 'accepted') return undefined
      words = answer.words
      if (answer.outcome === 'rejected') break
      await pause(tryAgainMs, signal)
    }
    log.warning(`${action.name} could not be recorded: ${words}`)
    return words || 'the part is stopping'
  }

  const resultsOf = async (runId: string): Promise<readonly CheckResult[]> => {
    const { check, outcome, reason, tookMs } = results
    const rows = await db.select({ check, outcome, reason, tookMs }).from(results).where(eq(results.runId, runId))
    return rows.map((row) => ({ ...row, outcome: row.outcome === 'green' ? 'green' : 'red' }))
  }

  const end: RunJournal['end'] = async (runId, state, words) =>
    (await record(EndRun, { runId, state, words, endedAt: clock.now() })) === undefined

  return {
    begin: async ({ runId, by, checks }) => {
      const refusal = await record(BeginRun, { runId, by, checks: [...checks], beganAt: clock.now() })
      if (refusal !== undefined) throw new Error(`The run did not begin, since it could not be recorded: ${refusal}`)
    },
    note: async (runId, result) => (await record(NoteResult, { runId, ...result })) === undefined,
    end,
    find: async (runId) => {
      const [row] = await db.select().from(runs).where(eq(runs.id, runId))
      return row && { ...row, results: await resultsOf(runId) }
    },
    sweep: async (underWay) => {
      const rows = await db.select().from(runs).orderBy(desc(runs.beganAt))
      for (const { id, state, greenCount, redCount, checkCount } of rows)
        if (state === 'running' && id !== underWay) {
          const green = new Set(
            (await resultsOf(id)).filter(({ outcome }) => outcome === 'green').map(({ check }) => check),
          )
          await endJobs(
            jobs,
            id,
            checkList.map(({ name }) => name).filter((name) => !green.has(name)),
          )
          await end(
            id,
            'interrupted',
            `logic: stopped, or was no longer the leader, when ${greenCount + redCount} of ${checkCount} checks had a result`,
          )
        }
      for (const { id, state } of rows.slice(keptRunsMax)) {
        if (state === 'running') continue
        const checks = (await resultsOf(id)).map(({ check }) => check)
        await record(ForgetRun, { runId: id, checks })
      }
    },
  }
}
