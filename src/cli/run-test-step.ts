import { environmentForChild } from '#config/environment.ts'
import { FailedTestReader } from './failed-tests.ts'
import { projectFolder } from './project-folder.ts'
import { type Outcome, readTestSummary } from './test-summary.ts'
import type { TierStep } from './test-tiers.ts'

/** `when-ended`: in one piece, so that what runs beside it does not stand between its lines. */
export type Show = 'at-once' | 'when-ended'

const stepTimeoutMs = 30 * 60_000
/** What a summary is read from; the rest is only shown. */
const keptLengthMax = 64 * 1_024
/** Of a check that failed, told again at the end. */
const checkLinesMax = 60

/** Runs one step of a tier in a process of its own; its random tests begin with `seed`. */
export async function runTestStep({ args, kind, title }: TierStep, show: Show, seed?: string): Promise<Outcome> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: projectFolder,
    env: environmentForChild({ PEEK_SEED: seed }),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: stepTimeoutMs,
  })
  const held: Uint8Array[] = []
  const write = (bytes: Uint8Array) => void (show === 'at-once' ? process.stdout.write(bytes) : held.push(bytes))
  const reader = new FailedTestReader()
  const [said, printed, code] = await Promise.all([
    pass(child.stdout, write),
    pass(child.stderr, write, (text) => reader.take(text)),
    child.exited,
  ])
  for (const bytes of held) process.stdout.write(bytes)
  if (kind === 'tests') return { ...readTestSummary(printed, code), failed: reader.failed }
  if (code === 0) return { passedCount: 1, failedCount: 0, skippedCount: 0 }
  const reason = `${title} ended with code ${code}`
  const words = `${said}\n${printed}`.trim().split('\n').slice(-checkLinesMax).join('\n')
  return { passedCount: 0, failedCount: 1, skippedCount: 0, reason, failed: [{ file: title, name: reason, words }] }
}

/** Hands on what comes as it comes, and answers the end of it. */
async function pass(
  from: ReadableStream<Uint8Array>,
  write: (bytes: Uint8Array) => void,
  tell?: (text: string) => void,
): Promise<string> {
  const decoder = new TextDecoder()
  let kept = ''
  for await (const bytes of from) {
    write(bytes)
    const text = decoder.decode(bytes, { stream: true })
    tell?.(text)
    kept = (kept + text).slice(-keptLengthMax)
  }
  return kept
}
