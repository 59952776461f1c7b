import { writeSync } from 'node:fs'
import { defineWorkerPart, type JobContext, runJob } from '#plugin-api'
import {
  Ask,
  Chatter,
  Crash,
  Fail,
  Hang,
  Leak,
  Lie,
  Litter,
  LookAround,
  Negate,
  NegateAlone,
  NegateForAgent,
  NegateForJob,
  Pay,
  Walk,
} from '../shared/jobs.ts'

const leakedBytes = 64 * 1024 * 1024
/** More than any job may have; a worker that stands still for two seconds must not find the machine without memory. */
const leakCountMax = 20

export const choresWorkerPart = defineWorkerPart({
  jobs: [
    runJob(Negate, ({ number }) => ({ negated: -number })),
    runJob(NegateAlone, ({ number }) => ({ negated: -number })),
    runJob(Fail, ({ timesMin }, { tryNumber }) => {
      if (tryNumber <= timesMin) throw new Error(`try ${tryNumber} does not go well`)
      return { tryNumber }
    }),
    runJob(Hang, ({ isBusy }) => {
      // At once: nothing is written any more while it is busy.
      writeSync(1, 'it hangs\n')
      while (isBusy);
      return new Promise(() => undefined)
    }),
    runJob(Crash, ({ code }) => process.exit(code)),
    runJob(Leak, () => leak()),
    runJob(Chatter, ({ lineCount }, { log }) => chatter(lineCount, log)),
    runJob(Walk, walk),
    runJob(Lie, () => JSON.parse('{"share":"a lot"}')),
    runJob(Litter, () => ({ pid: Bun.spawn(['sleep', '600'], { stdout: 'ignore', stderr: 'ignore' }).pid })),
    runJob(Pay, pay),
    runJob(LookAround, () => ({ names: Object.keys(process.env).sort().join(' ') })),
    runJob(Ask, ask),
  ],
})

async function leak(): Promise<never> {
  const kept: Uint8Array[] = []
  for (;;) {
    if (kept.length < leakCountMax) kept.push(new Uint8Array(leakedBytes).fill(1))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function chatter(lineCount: number, log: JobContext['log']): object {
  for (let n = 0; n < lineCount; n++) {
    process.stdout.write(`out ${n}\n`)
    process.stderr.write(`err ${n}\n`)
    log.info(`log ${n}`)
  }
  return {}
}

async function walk(
  { steps, stepMs }: { readonly steps: number; readonly stepMs: number },
  { progress, signal }: JobContext,
): Promise<{ steps: number }> {
  for (let step = 1; step <= steps; step++) {
    progress(step / steps, `step ${step} of ${steps}`)
    await new Promise((resolve) => setTimeout(resolve, stepMs))
    signal.throwIfAborted()
  }
  return { steps }
}

async function ask(
  { number, how }: { readonly number: number; readonly how: 'one' | 'all' | 'late' | 'alone' },
  { rpc, log }: JobContext,
): Promise<{ negated: number }> {
  if (how === 'all') {
    const outcomes = await rpc.callAll(NegateForJob, { number })
    for (const outcome of outcomes) log.info(outcome.ok ? `${outcome.output.negated}` : outcome.failure.kind)
    return { negated: outcomes.length }
  }
  if (how === 'alone') {
    void rpc.call(NegateForAgent, {})
    void rpc.call(NegateForJob, { number })
    return { negated: 0 }
  }
  try {
    return await rpc.call(NegateForJob, { number }, how === 'late' ? { timeoutMs: 600_000 } : {})
  } catch (error) {
    log.warning(error instanceof Error ? error.message : '')
    throw error
  }
}

async function pay(
  { to, crashShare }: { readonly to: string; readonly crashShare: number },
  { database, idempotencyKey }: JobContext,
): Promise<{ to: string }> {
  await database.sql`
    insert into payments (key, recipient) values (${idempotencyKey('pay')}, ${to})
    on conflict (key) do update set times = payments.times + 1`
  // After it was done and before anybody knows.
  if (Math.random() < crashShare) process.exit(1)
  return { to }
}
