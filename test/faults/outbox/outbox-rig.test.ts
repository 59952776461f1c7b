import { expect, test } from 'bun:test'
import { knownPlans } from './known-plans.ts'
import { openRealOutbox } from './open-outbox.ts'
import { makePlan } from './plan.ts'
import { plantedBugs } from './planted-bugs.ts'
import { findFailure, lawsOf } from './run-outbox.ts'
import { runPlan } from './run-plan.ts'

const plantedRuns = 150

test.each(plantedBugs.map((bug) => [bug.words, bug] as const))(
  'the rig finds an engine that %s',
  async (_words, { law, open }) => {
    const laws = new Set<string>()
    for (let seed = 1; seed <= plantedRuns && !laws.has(law); ) {
      const found = await findFailure(open, { seed, runs: plantedRuns - seed + 1 })
      if (!found) break
      for (const one of lawsOf(found.wrongs)) laws.add(one)
      seed = found.plan.seed + 1
    }
    expect([...laws]).toContain(law)
  },
  240_000,
)

test('the same seed runs the same way', async () => {
  const lines = async (): Promise<readonly string[]> => {
    const told: string[] = []
    await runPlan(makePlan(4), { openOutbox: openRealOutbox, tell: (line) => told.push(line) })
    return told
  }
  expect(await lines()).toEqual(await lines())
}, 30_000)

test.each(knownPlans.map((known) => [known.law, known] as const))(
  '%s',
  async (_law, { plan }) => {
    expect((await runPlan(plan, { openOutbox: openRealOutbox })).wrongs).toEqual([])
  },
  30_000,
)
