import { defineObservable } from '#plugin-api'
import { Everything } from '../shared/everything.ts'
import { CheckResult, Counter, Run } from '../shared/tuples.ts'
import { countersModel, everythingModel, runsModel } from '../storage/models.ts'

export const observeCounters = defineObservable(Counter, { from: countersModel, table: 'rows', selector: ['id'] })

export const observeEverything = defineObservable(Everything, {
  from: everythingModel,
  table: 'rows',
  selector: ['id'],
})

export const observeRuns = defineObservable(Run, {
  from: runsModel,
  table: 'runs',
  selector: ['id'],
  orderBy: ['beganAt'],
})

export const observeResults = defineObservable(CheckResult, {
  from: runsModel,
  table: 'results',
  selector: ['runId'],
  orderBy: ['check'],
})
