/** `test [tier...]`: runs the tiers and ends with the plain line `N passed, N failed`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { environmentForChild } from '#config/environment.ts'
import { nearestName } from '#kernel/nearest.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { ensureWeb } from './ensure-web.ts'
import { projectFolder } from './project-folder.ts'
import { addOutcomes, type Outcome, readTestSummary } from './test-summary.ts'
import { type Tier, type TierStep, tiers } from './test-tiers.ts'

const stepTimeoutMs = 30 * 60_000

export const testCommand: Command = {
  run: async (args) => {
    const { words, isHelp } = parseFlags(args, {})
    if (isHelp) {
      const lines = Object.entries(tiers).map(([name, tier]) => `  ${name.padEnd(12)} ${tier.words}`)
      console.log(['bun run test [tier ...]', '', 'Without a tier, all of them:', '', ...lines].join('\n'))
      return 0
    }
    const chosen = (words.length > 0 ? words : Object.keys(tiers)).map((name) => ({ name, tier: getTier(name) }))
    const outcomes: Outcome[] = []
    for (const { name, tier } of chosen) outcomes.push(await runTier(name, tier))
    if (chosen.some(({ tier }) => tier.usesStores)) await stopTestStores()
    const { passedCount, failedCount } = addOutcomes(outcomes)
    console.log(`\n${passedCount} passed, ${failedCount} failed`)
    return failedCount === 0 ? 0 : 1
  },
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

async function runTier(name: string, tier: Tier): Promise<Outcome> {
  console.log(`\n== ${name}: ${tier.words}`)
  const prepared = tier.usesWeb ? await prepareWeb() : undefined
  if (prepared !== undefined) return tell(name, prepared, 0)
  const outcomes: Outcome[] = []
  for (const step of tier.steps()) {
    const startedAt = performance.now()
    const outcome = await runStep(step)
    outcomes.push(tell(step.title, outcome, performance.now() - startedAt))
  }
  return addOutcomes(outcomes)
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

async function runStep({ args, kind, title }: TierStep): Promise<Outcome> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: projectFolder,
    env: environmentForChild({}),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: stepTimeoutMs,
  })
  const [, printed, code] = await Promise.all([
    pass(child.stdout, process.stdout),
    pass(child.stderr, process.stderr),
    child.exited,
  ])
  if (kind === 'tests') return readTestSummary(printed, code)
  return code === 0
    ? { passedCount: 1, failedCount: 0, skippedCount: 0 }
    : { passedCount: 0, failedCount: 1, skippedCount: 0, reason: `${title} ended with code ${code}` }
}

/** Shows what comes as it comes, and answers the end of it. */
async function pass(from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<string> {
  const keptLengthMax = 64 * 1024
  const decoder = new TextDecoder()
  let kept = ''
  for await (const bytes of from) {
    to.write(bytes)
    kept = (kept + decoder.decode(bytes, { stream: true })).slice(-keptLengthMax)
  }
  return kept
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
