/**
 * Seeded schedules of everything that can go wrong between a tap and the log, over the real engine, the real connection and
 * the real services, in memory and in virtual time. A model beside them says what people were promised.
 *
 * A schedule that fails is made shorter and printed; the same seed runs the same way again, and belongs into
 * `known-plans.ts`.
 */
import { openRealOutbox } from './open-outbox.ts'
import { describePlan, makePlan, type Plan } from './plan.ts'
import type { OpenOutbox } from './rig-device.ts'
import { runPlan, type Verdict } from './run-plan.ts'
import { shrinkPlan } from './shrink-plan.ts'

const progressEachMs = 10_000

export async function runOutbox(options: {
  readonly runs: number
  readonly seed: number
  /** Prints each step of each schedule, and what the services say. */
  readonly verbose?: boolean
}): Promise<void> {
  const { runs, seed, verbose = false } = options
  const startedAt = performance.now()
  const total = { steps: 0, pushes: 0 }
  let toldAt = startedAt
  for (let run = 0; run < runs; run++) {
    const plan = makePlan(seed + run)
    if (verbose) console.log(describePlan(plan).join('\n'))
    const verdict = await runPlan(plan, { openOutbox: openRealOutbox, ...(verbose && { tell: console.log }) })
    total.steps += verdict.steps
    total.pushes += verdict.pushes
    if (verdict.wrongs.length > 0) throw new Error(await explain(plan, verdict))
    if (performance.now() - toldAt < progressEachMs) continue
    toldAt = performance.now()
    console.log(JSON.stringify({ fault: 'outbox', run: run + 1, runs, ...total }))
  }
  const ms = Math.round(performance.now() - startedAt)
  console.log(
    JSON.stringify({
      fault: 'outbox',
      runs,
      seed,
      ...total,
      ms,
      lost: 0,
      doubled: 0,
      outOfOrder: 0,
      stuck: 0,
      lies: 0,
    }),
  )
}

/** The first seed from `seed` on whose schedule an engine fails; what was wrong in it. */
export async function findFailure(
  openOutbox: OpenOutbox,
  { seed, runs }: { seed: number; runs: number },
): Promise<{ readonly plan: Plan; readonly wrongs: readonly string[] } | undefined> {
  for (let run = 0; run < runs; run++) {
    const plan = makePlan(seed + run)
    const { wrongs } = await runPlan(plan, { openOutbox })
    if (wrongs.length > 0) return { plan, wrongs }
  }
  return undefined
}

/** The law that was broken, by its first word. */
export function lawsOf(wrongs: readonly string[]): ReadonlySet<string> {
  return new Set(wrongs.map((wrong) => wrong.slice(0, wrong.indexOf(':'))))
}

async function explain(plan: Plan, { wrongs }: Verdict): Promise<string> {
  const laws = lawsOf(wrongs)
  const { plan: short, tries } = await shrinkPlan(plan, async (shorter) => {
    const found = await runPlan(shorter, { openOutbox: openRealOutbox })
    return [...lawsOf(found.wrongs)].some((law) => laws.has(law))
  })
  return [
    `The schedule of seed ${plan.seed} fails:`,
    ...wrongs,
    '',
    `Made shorter in ${tries} tries:`,
    ...describePlan(short),
    '',
    JSON.stringify(short),
    '',
    `Again: bun run faults outbox --seed ${plan.seed} --runs 1 --verbose`,
  ].join('\n')
}
