/**
 * The write-ahead log as a power failure may leave it: copies of the files, the log cut or blotted at a random byte.
 *
 * What was synced before that byte must be there; what came after may be gone, but only from the end: the store is what
 * it was at some moment. With checkpoints between, the log has been written over from its beginning, and old frames
 * stand behind the new ones. A checkpoint under way has synced the log before it changed the main file: a power failure
 * does not damage that log, so a life that ended in the middle of one is checked as it is.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Random } from '#kernel/random.ts'
import { acknowledgementsOf, doneCounts, formatTelling, parseTelling } from './acknowledgement.ts'
import { append, openStore, smallBacklog } from './appending.ts'
import { checkIntegrity, checkStore } from './check-store.ts'
import type { CrashScenario, Remains } from './crash-scenario.ts'

const never = { logBytes: Number.POSITIVE_INFINITY, unindexedEvents: Number.POSITIVE_INFINITY }
const cutCount = 4

const hasCheckpoints = (seed: number): boolean => (seed >>> 3) % 2 === 0

export const tornLogCrashes: CrashScenario = {
  steps: ['append:committed', 'append:answered'],
  passesMax: { 'append:committed': 60, 'append:answered': 60 },
  livesMax: 1,

  async work(life) {
    const backlog = hasCheckpoints(life.seed) ? smallBacklog : { worthwhile: never, overdue: never }
    const store = openStore({
      ...life,
      backlog,
      onStep: (step) => {
        if (step === 'checkpoint:begun') life.tell(formatTelling({ kind: 'checkpoint-begun' }))
        if (step === 'checkpoint:done') life.tell(formatTelling({ kind: 'checkpoint' }))
        life.onStep(step)
      },
    })
    await append(store, life, Number.POSITIVE_INFINITY)
  },

  async check(remains) {
    const problems: string[] = []
    for (let cut = 0; cut < cutCount; cut++) problems.push(...checkCut(remains))
    return problems
  },
}

function checkCut({ file, seed, random, told }: Remains): string[] {
  const copy = `${file}.torn`
  const log = readFileSync(`${file}-wal`)
  const at = wasInCheckpoint(told) ? log.length : Math.floor(random() * (log.length + 1))
  copyFileSync(file, copy)
  writeFileSync(`${copy}-wal`, damage(log, at, random))
  const survivors = acknowledgementsOf(told.slice(0, survivingLineCount(told, at)))
  const [mustCounts, mayCounts] = [doneCounts(survivors), doneCounts(acknowledgementsOf(told))]
  const store = openStore({ file: copy, backlog: smallBacklog })
  const problems = checkStore(store, {
    seed,
    acknowledged: survivors,
    mustCounts,
    mayCounts: mayCounts.map((count) => count + 1),
  })
  store.eventLog.stop()
  store.storage.close()
  problems.push(...checkIntegrity(copy))
  rmSync(copy)
  return problems.map((problem) => `log of ${log.length} bytes damaged at ${at}: ${problem}`)
}

/** The rest is missing, or was never written, or is something else. */
function damage(log: Buffer, at: number, random: Random): Buffer {
  const damaged = Buffer.from(log)
  const kind = random()
  if (kind < 0.4) return damaged.subarray(0, at)
  if (kind < 0.7) return damaged.fill(0, at)
  for (let index = at; index < Math.min(log.length, at + 512); index++)
    damaged[index] = (damaged[index] ?? 0) ^ (1 + Math.floor(random() * 255))
  return damaged
}

function wasInCheckpoint(told: readonly string[]): boolean {
  const last = told.map(parseTelling).findLast((telling) => telling !== undefined && telling.kind !== 'acknowledged')
  return last?.kind === 'checkpoint-begun'
}

/** Lines told before the last checkpoint are in the main file; without one, those whose commit ends before the damage. */
function survivingLineCount(told: readonly string[], at: number): number {
  const tellings = told.map(parseTelling)
  const checkpointed = tellings.findLastIndex((telling) => telling?.kind === 'checkpoint')
  if (checkpointed >= 0) return checkpointed
  const lost = tellings.findIndex(
    (telling) => telling?.kind === 'acknowledged' && telling.acknowledgement.logBytes > at,
  )
  return lost < 0 ? told.length : lost
}
