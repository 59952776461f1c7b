/**
 * kill -9 at every labelled step of the embedded event store, and at any moment, in seeded runs.
 *
 * A run is one file and up to a few lives of a process working on it. Each life ends by SIGKILL: at the step the seed
 * names, or when the parent feels like it. After each the file is opened as it is and held against what was told.
 * Every step of every scenario must be reached once there are runs enough. One run again: `--seed S --runs 1`.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Step } from '#event-store-server/step.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'
import type { ChildOptions } from './crashes/crash-child.ts'
import type { CrashScenario } from './crashes/crash-scenario.ts'
import { crashScenarios } from './crashes/crash-scenarios.ts'

type Kill = { readonly step: Step; readonly passes: number } | { readonly afterLines: number }
type Run = { readonly name: string; readonly scenario: CrashScenario; readonly seed: number; readonly folder: string }

const childFile = join(import.meta.dir, 'crashes/crash-child.ts')
const parallelRuns = 3
/** Until it is said to hang: it ends itself after so many steps, not after a time. */
const lifeMsMax = 120_000
const linesMax = 300
const names = Object.keys(crashScenarios)

export async function runEventStoreCrashes({ runs, seed }: { runs: number; seed: number }): Promise<void> {
  const startedAt = performance.now()
  const reached = new Map<string, number>()
  let lives = 0
  let told = 0
  let next = 0
  const lane = async () => {
    while (next < runs) {
      const done = await performRun(seed + next++, reached)
      lives += done.lives
      told += done.told
    }
  }
  await Promise.all(Array.from({ length: parallelRuns }, lane))
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  console.log(JSON.stringify({ runs, kills: lives, told, seconds, reached: Object.fromEntries([...reached].sort()) }))
  refuseUnreached(runs, reached)
}

async function performRun(seed: number, reached: Map<string, number>): Promise<{ lives: number; told: number }> {
  const name = names[seed % names.length] ?? ''
  const scenario = crashScenarios[name]
  if (!scenario) throw new Error('There are no crash scenarios.')
  const folder = mkdtempSync(join(tmpdir(), 'event-store-crash-'))
  const run = { name, scenario, seed, folder }
  const random = createSeededRandom(seed)
  const lives = 1 + Math.floor(random() * scenario.livesMax)
  const told: string[] = []
  writeFileSync(join(folder, 'told'), '')
  for (let life = 0; life < lives; life++) {
    const kill = chooseKill(run, life, random)
    told.push(...(await live(run, life, kill)))
    const remains = { file: join(folder, 'events.db'), seed, random: createSeededRandom(seed + life), told }
    const problems = await scenario.check(remains).catch((error: unknown) => [String(error)])
    if (problems.length > 0) throw new Error(describe(run, life, kill, problems))
    const label = `${name} ${'step' in kill ? kill.step : 'anywhere'}`
    reached.set(label, (reached.get(label) ?? 0) + 1)
  }
  rmSync(folder, { recursive: true })
  return { lives, told: told.length }
}

/** Steps take turns, so that neighbouring seeds reach them all; one turn in each round is for any moment. */
function chooseKill({ scenario, seed }: Run, life: number, random: Random): Kill {
  const turn = (Math.floor(seed / names.length) + life) % (scenario.steps.length + 1)
  const step = scenario.steps[turn]
  if (!step) return { afterLines: 1 + Math.floor(random() * linesMax) }
  return { step, passes: 1 + Math.floor(random() * (scenario.passesMax?.[step] ?? 1)) }
}

/** Returns what the process told before it died. */
async function live(run: Run, life: number, kill: Kill): Promise<string[]> {
  const { name: scenario, seed, folder } = run
  const toldFile = join(folder, 'told')
  const atStep = 'step' in kill ? kill : { step: undefined, passes: 0 }
  const options: ChildOptions = { scenario, seed, life, toldFile, file: join(folder, 'events.db'), ...atStep }
  const child = Bun.spawn([process.execPath, childFile, JSON.stringify(options)], { stdout: 'pipe', stderr: 'pipe' })
  const giveUp = setTimeout(() => child.kill('SIGTERM'), lifeMsMax)
  const [lines, words] = await Promise.all([
    readLines(child.stdout, (count) => {
      if ('afterLines' in kill && count >= kill.afterLines) child.kill('SIGKILL')
    }),
    new Response(child.stderr).text(),
  ])
  await child.exited
  clearTimeout(giveUp)
  if (child.signalCode !== 'SIGKILL')
    throw new Error(describe(run, life, kill, [`the process ended by itself (${child.exitCode}): ${words}`]))
  appendFileSync(toldFile, lines.map((line) => `${line}\n`).join(''))
  return lines
}

/** Whole lines only. */
async function readLines(stream: ReadableStream<Uint8Array>, onLines: (count: number) => void): Promise<string[]> {
  const lines: string[] = []
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    onLines(lines.length)
  }
  return lines
}

function refuseUnreached(runs: number, reached: ReadonlyMap<string, number>): void {
  const wanted = Object.entries(crashScenarios).flatMap(([name, { steps }]) => steps.map((step) => `${name} ${step}`))
  const stepsMax = Math.max(...Object.values(crashScenarios).map(({ steps }) => steps.length + 1))
  const missing = wanted.filter((label) => !reached.has(label))
  if (runs >= stepsMax * names.length && missing.length > 0)
    throw new Error(`No process was killed at ${missing.join(', ')}: is the step still passed?`)
}

function describe({ name, seed, folder }: Run, life: number, kill: Kill, problems: readonly string[]): string {
  const where = 'step' in kill ? `at ${kill.step}, pass ${kill.passes}` : `after ${kill.afterLines} lines`
  return [
    `${name}, seed ${seed}, life ${life}, killed ${where} (bun run faults event-store-crashes --seed ${seed} --runs 1).`,
    `The files are in ${folder}.`,
    ...problems.slice(0, 20),
  ].join('\n')
}
