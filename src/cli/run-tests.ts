/** `test [tier...]`: runs the tiers and ends with the plain line `N passed, N failed`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nearestName } from '#kernel/nearest.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { ensureWeb } from './ensure-web.ts'
import { describeFailedTests } from './failed-tests.ts'
import { projectFolder } from './project-folder.ts'
import { runTestStep, type Show } from './run-test-step.ts'
import { seedOfRun } from './seed-of-run.ts'
import { addOutcomes, type Outcome } from './test-summary.ts'
import { type Tier, type TierStep, tiers } from './test-tiers.ts'

type Chosen = { readonly name: string; readonly tier: Tier }

export const testCommand: Command = {
  run: async (args) => {
    const { words, flags, isHelp } = parseFlags(args, { serial: 'toggle' })
    if (isHelp) {
      console.log(help())
      return 0
    }
    const chosen = (words.length > 0 ? words : Object.keys(tiers)).map((name) => ({ name, tier: getTier(name) }))
    const seed = seedOfRun()
    if (seed !== undefined) console.log(`Random tests begin with PEEK_SEED=${seed}.`)
    const { passedCount, failedCount, failed = [] } = await runAll(chosen, flags.serial === true, seed)
    if (chosen.some(({ tier }) => tier.usesStores)) await stopTestStores()
    if (failed.length > 0) console.log(`\nWhat failed, told again:\n\n${describeFailedTests(failed)}`)
    console.log(`\n${passedCount} passed, ${failedCount} failed`)
    return failedCount === 0 ? 0 : 1
  },
}

function help(): string {
  const lines = Object.entries(tiers).map(([name, tier]) => `  ${name.padEnd(14)} ${tier.words}`)
  return [
    'bun run test [tier ...] [--serial]',
    '',
    'Without a tier, all of them:',
    '',
    ...lines,
    '',
    '  --serial       one tier after the other; what they print comes as they print it',
  ].join('\n')
}

function getTier(name: string): Tier {
  const tier = Object.hasOwn(tiers, name) ? tiers[name] : undefined
  if (tier) return tier
  const meant = nearestName(name, Object.keys(tiers))
  throw new PlatformError(
    'bad-input',
    `There is no test tier "${name}"; ${meant ? `did you mean "${meant}"?` : `there are ${Object.keys(tiers).join(', ')}.`}`,
  )
}

type Work = Chosen & { readonly step: TierStep }

const rowCount = 2

/**
 * Tests mostly wait for stores, processes and browsers: two rows of them take little more than one alone. Each row takes the
 * longest step that is left, so that both end at about the same time.
 */
async function runAll(chosen: readonly Chosen[], isSerial: boolean, seed: string | undefined): Promise<Outcome> {
  const webFailure = chosen.some(({ tier }) => tier.usesWeb) ? await prepareWeb() : undefined
  const outcomes = chosen.flatMap(({ name, tier }) => (tier.usesWeb && webFailure ? [tell(name, webFailure, 0)] : []))
  const left: Work[] = chosen
    .filter(({ tier }) => !(tier.usesWeb && webFailure))
    .flatMap((one) => one.tier.steps().map((step) => ({ ...one, step })))
  const isAlone = isSerial || chosen.length === 1
  if (!isAlone) left.sort((a, b) => b.step.minutes - a.step.minutes)
  const runRow = async (): Promise<void> => {
    for (let work = left.shift(); work !== undefined; work = left.shift())
      outcomes.push(await runStep(work, isAlone ? 'at-once' : 'when-ended', seed))
  }
  await Promise.all(Array.from({ length: isAlone ? 1 : rowCount }, runRow))
  return addOutcomes(outcomes)
}

async function runStep({ name, tier, step }: Work, show: Show, seed: string | undefined): Promise<Outcome> {
  console.log(`\n== ${step.title === name ? name : `${name}, ${step.title}`}: ${tier.words}`)
  const startedAt = performance.now()
  const outcome = await runTestStep(step, show, seed)
  return tell(step.title, outcome, performance.now() - startedAt)
}

async function prepareWeb(): Promise<Outcome | undefined> {
  try {
    await ensureWeb((words) => console.log(words))
    return undefined
  } catch (error) {
    return { passedCount: 0, failedCount: 1, skippedCount: 0, reason: describeError(error) }
  }
}

function tell(title: string, outcome: Outcome, lengthMs: number): Outcome {
  const { passedCount, failedCount, skippedCount, reason } = outcome
  const skipped = skippedCount === 0 ? '' : `, ${skippedCount} skipped`
  const why = reason === undefined ? '' : `\n   failed because: ${reason}`
  console.log(
    `-- ${title}: ${passedCount} passed, ${failedCount} failed${skipped} (${(lengthMs / 1000).toFixed(1)} s)${why}`,
  )
  return outcome
}

/** The database server that tests share outlives each of their processes. */
async function stopTestStores(): Promise<void> {
  const support = join(projectFolder, 'test/support/postgres.ts')
  if (!existsSync(support)) return
  const { stopTestPostgres } = (await import(support)) as { stopTestPostgres(): Promise<void> }
  await stopTestPostgres().catch((error: unknown) => {
    console.error(`The test database could not be stopped: ${describeError(error)}`)
  })
}
