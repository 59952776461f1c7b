/**
 * The four ways the suite is run, each client under each runtime, each in a process of its own.
 *
 * Node knows no TypeScript: for it the runner is bundled into a temporary folder, beside a link to our packages. Two
 * combinations run at a time, so that four clients do not make each other late.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CaseOutcome, RunnerLine, RunnerOrder } from './case-outcome.ts'
import type { ClientKind } from './conformance-client.ts'

export type Runtime = 'Bun' | 'Node'
export type Combination = { readonly client: ClientKind; readonly runtime: Runtime }

export const combinations: readonly Combination[] = [
  { client: 'kurrent', runtime: 'Bun' },
  { client: 'eventstore', runtime: 'Node' },
  { client: 'kurrent', runtime: 'Node' },
  { client: 'eventstore', runtime: 'Bun' },
]

const atOnce = 2
const packages = join(import.meta.dir, '../../node_modules')

export class CombinationRun {
  private readonly outcomes = new Map<string, PromiseWithResolvers<CaseOutcome>>()
  /** Of no case; complete when the run has ended. */
  readonly faults: string[] = []
  private readonly ending = Promise.withResolvers<void>()
  readonly ended = this.ending.promise
  private end: string | undefined

  /** Resolves when the case is over; a process that ends before has broken it. */
  outcomeOf(title: string): Promise<CaseOutcome> {
    return this.slotOf(title).promise
  }

  take(line: RunnerLine): void {
    if ('fault' in line) this.faults.push(line.fault)
    else this.slotOf(line.title).resolve(line)
  }

  finish(words: string): void {
    this.end = words
    this.ending.resolve()
    for (const [title, { resolve }] of this.outcomes) resolve({ title, outcome: 'broken', words, tookMs: 0 })
  }

  private slotOf(title: string): PromiseWithResolvers<CaseOutcome> {
    const known = this.outcomes.get(title)
    if (known) return known
    const slot = Promise.withResolvers<CaseOutcome>()
    this.outcomes.set(title, slot)
    if (this.end !== undefined) slot.resolve({ title, outcome: 'broken', words: this.end, tookMs: 0 })
    return slot
  }
}

/** Starts all of them in order; each run fills while the others wait or go on. */
export function runCombinations(
  wanted: readonly Combination[],
  order: RunnerOrder,
): { readonly runs: ReadonlyMap<Combination, CombinationRun>; readonly finished: Promise<void> } {
  const runs = new Map(wanted.map((combination) => [combination, new CombinationRun()] as const))
  const waiting = [...runs]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [combination, run] = next
      await runOne(combination, order, run).catch((error: unknown) => run.finish(String(error)))
    }
  }
  return { runs, finished: Promise.all(Array.from({ length: atOnce }, work)).then(() => undefined) }
}

async function runOne({ client, runtime }: Combination, order: RunnerOrder, run: CombinationRun): Promise<void> {
  const entry = join(import.meta.dir, `run-${client}.ts`)
  const folder = runtime === 'Node' ? await bundleForNode(entry) : undefined
  const command = folder ? ['node', join(folder, 'runner.js')] : [process.execPath, entry]
  const child = Bun.spawn([...command, JSON.stringify(order)], { stdout: 'pipe', stderr: 'pipe' })
  const complaints = new Response(child.stderr).text()
  try {
    for await (const line of linesOf(child.stdout)) run.take(JSON.parse(line))
    await child.exited
    run.finish(`The runner ended (code ${child.exitCode}) before the case was over.\n${await complaints}`)
  } finally {
    child.kill()
    if (folder) rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder with the bundle; packages are not in it but found beside it. */
async function bundleForNode(entry: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-conformance-'))
  symlinkSync(packages, join(folder, 'node_modules'), 'dir')
  await Bun.write(join(folder, 'package.json'), '{"type":"module"}')
  await Bun.build({
    entrypoints: [entry],
    target: 'node',
    packages: 'external',
    outdir: folder,
    naming: 'runner.js',
    throw: true,
  })
  return folder
}

async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true })
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
}
