import { defineProjection } from '#plugin-api'
import { BeginRun, EndRun, ForgetRun, NoteResult } from '../shared/actions.ts'
import { runsModel } from '../storage/models.ts'

/** Runs and what each check found, as pages and the command line show them. */
export const runs = defineProjection({
  version: 1,
  model: runsModel,
  on: (on) => [
    on(BeginRun, ({ data }, tables) =>
      tables.runs.insert({
        id: data.runId,
        by: data.by,
        state: 'running',
        words: '',
        checkCount: data.checks.length,
        greenCount: 0,
        redCount: 0,
        beganAt: data.beganAt,
        endedAt: null,
      }),
    ),
    on(NoteResult, ({ data }, tables) => {
      const { runId, check, outcome, reason, tookMs } = data
      tables.results.insert({ id: resultId(runId, check), runId, check, outcome, reason, tookMs })
      tables.runs.update(runId, (run) => ({
        greenCount: run.greenCount + (outcome === 'green' ? 1 : 0),
        redCount: run.redCount + (outcome === 'red' ? 1 : 0),
      }))
    }),
    on(EndRun, ({ data }, tables) =>
      tables.runs.update(data.runId, () => ({ state: data.state, words: data.words, endedAt: data.endedAt })),
    ),
    on(ForgetRun, ({ data }, tables) => {
      for (const check of data.checks) tables.results.deleteIfPresent(resultId(data.runId, check))
      tables.runs.delete(data.runId)
    }),
  ],
})

function resultId(runId: string, check: string): string {
  return `${runId} ${check}`
}
