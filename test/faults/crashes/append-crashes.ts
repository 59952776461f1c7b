/** Appends, deletions and metadata, with checkpoints and indexing between them. */
import { acknowledgementsOf, doneCounts } from './acknowledgement.ts'
import { append, openStore, smallBacklog } from './appending.ts'
import { checkIntegrity, checkStore } from './check-store.ts'
import type { CrashScenario } from './crash-scenario.ts'

export const appendCrashes: CrashScenario = {
  steps: [
    'append:begun',
    'append:inserted',
    'append:committed',
    'append:answered',
    'index:begun',
    'index:inserted',
    'index:committed',
    'checkpoint:begun',
    'checkpoint:done',
  ],
  passesMax: {
    'append:begun': 60,
    'append:inserted': 60,
    'append:committed': 60,
    'append:answered': 60,
    'index:begun': 4,
    'index:inserted': 4,
    'index:committed': 4,
    'checkpoint:begun': 6,
    'checkpoint:done': 6,
  },
  livesMax: 3,

  async work(life) {
    await append(openStore({ ...life, backlog: smallBacklog }), life, Number.POSITIVE_INFINITY)
  },

  async check({ file, seed, told }) {
    const acknowledged = acknowledgementsOf(told)
    const mustCounts = doneCounts(acknowledged)
    const mayCounts = mustCounts.map((count) => count + 1)
    const store = openStore({ file, backlog: smallBacklog })
    const problems = checkStore(store, { seed, acknowledged, mustCounts, mayCounts })
    store.eventLog.stop()
    store.storage.close()
    return [...problems, ...checkIntegrity(file)]
  },
}
