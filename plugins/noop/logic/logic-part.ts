import { answerRpc, defineLogicPart, type LogicContext } from '#plugin-api'
import { commonRoutes } from '../parts/common-routes.ts'
import { commonRpcs } from '../parts/common-rpcs.ts'
import { keepNote } from '../parts/keep-note.ts'
import { counters } from '../projections/counters.ts'
import { everything } from '../projections/everything.ts'
import { runs } from '../projections/runs.ts'
import { noopSettings } from '../settings.ts'
import { noopJobs } from '../shared/jobs.ts'
import { KeepNote, StartRun } from '../shared/rpcs.ts'
import { allChecks } from './checks/all-checks.ts'
import { counter } from './counter.ts'
import { keptEverything } from './kept-everything.ts'
import { largeCounts } from './large-counts.ts'
import { observeCounters, observeEverything, observeResults, observeRuns } from './observables.ts'
import { run } from './run.ts'
import { answerRunJob } from './run-job.ts'
import { runRoutes } from './run-routes.ts'
import { createRunJournal } from './running/run-journal.ts'
import { createRunner, type Runner } from './running/runner.ts'

const sweepEveryMs = 3_000
/** One a leadership: calls, routes and the sweep are about the same run. */
const runners = new WeakMap<LogicContext, Runner>()

/** What the checks are about on logic, and the checks themselves. */
export const noopLogicPart = defineLogicPart({
  deciders: [counter, keptEverything, run],
  projections: [counters, everything, runs],
  observables: [observeCounters, observeEverything, observeRuns, observeResults],
  reactors: [largeCounts],
  settings: noopSettings,
  jobs: noopJobs,
  rpcs: (context) => [
    ...commonRpcs('logic', context),
    answerRunJob(context),
    answerRpc(KeepNote, (note) => keepNote(context.database, note)),
    answerRpc(StartRun, (wish, { by }) => runnerOf(context).begin({ ...wish, by: by?.user ?? '' })),
  ],
  routes: (routes, context) => {
    commonRoutes('logic')(routes, context)
    runRoutes(() => runnerOf(context))(routes, context)
  },
  start: (context) => {
    const journal = createRunJournal(context)
    const runner = createRunner({ context, checks: allChecks, journal })
    runners.set(context, runner)
    // The read model may be behind at the start: what was under way then is found at a later turn.
    context.every(sweepEveryMs, () => journal.sweep(runner.underWay()))
  },
})

function runnerOf(context: LogicContext): Runner {
  const runner = runners.get(context)
  if (runner) return runner
  throw new Error('The checks have not started here.')
}
