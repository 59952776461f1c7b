import { actionChecks, observationChecks } from './action-checks.ts'
import type { Check } from './check.ts'
import { jobChecks } from './job-checks.ts'
import { queueCheck, restCheck } from './outside-checks.ts'
import { directionChecks } from './rpc-checks.ts'
import { rpcTrials } from './rpc-trials.ts'
import { filesCheck, routeCheck, settingsCheck } from './service-checks.ts'
import { jobInSchemaCheck, migrationCheck, reactorCheck } from './store-checks.ts'
import { tupleChecks } from './tuple-checks.ts'
import { unloadCheck } from './unload-check.ts'

/** Every check, in the order they run. */
export const allChecks: readonly Check[] = [
  ...tupleChecks,
  ...actionChecks,
  ...observationChecks,
  ...directionChecks,
  ...rpcTrials,
  ...jobChecks,
  reactorCheck,
  migrationCheck,
  jobInSchemaCheck,
  filesCheck,
  settingsCheck,
  routeCheck,
  queueCheck,
  restCheck,
  unloadCheck,
]
