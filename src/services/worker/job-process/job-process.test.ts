import { afterEach, describe, expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { environmentForPluginCode } from '#config/environment.ts'
import type { JobTryLine } from '#job/job-lines.ts'
import { must } from '#kernel/assert.ts'
import { createFakeClock, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import type { RpcDefinition } from '#rpc/define-rpc.ts'
import type { Rpc, RpcOptions } from '#rpc/rpc.ts'
import { RpcFailure } from '#rpc/rpc-failure.ts'
import { serveJobCalls } from '../serve-job-calls.ts'
import { runTry } from './run-try.ts'
import { type JobProcess, startJobProcess } from './start-job-process.ts'

/** The process itself, with the code of a plugin whose jobs go wrong in every way. */
const folder = resolve(import.meta.dir, '../../../../test/support/plugins')
const [plugin] = discoverPlugins({ folder, enabled: ['chores'], platform: '0.1.0', log: silentLog })
const place = {
  plugin: must(plugin, 'it is in that folder'),
  files: '/nowhere',
  databaseUrl: 'postgres://nobody@localhost/none',
}
const memoryBytesMax = 400 * 1_048_576
const started: JobProcess[] = []

afterEach(async () => {
  for (const process of started) process.kill()
  await Promise.all(started.splice(0).map(({ ended }) => ended))
})

function start(): JobProcess {
  const process = startJobProcess({ log: silentLog, clock: systemClock })
  started.push(process)
  return process
}

const late = (): Promise<never> => new Promise(() => undefined)

/** Others, as `answer` has it. */
function fakeRpc(answer: (rpc: RpcDefinition, input: object, options: RpcOptions) => Promise<object>): Rpc {
  return {
    call: async (rpc, input, options = {}) => (await answer(rpc, input, options)) as never,
    callAll: async (rpc, input, options = {}) => (await answer(rpc, input, options)) as never,
  }
}

type Begun = {
  timeoutMs?: number
  graceMs?: number
  tryNumber?: number
  rpcUntil?: Parameters<typeof serveJobCalls>[0]
}

async function loaded(): Promise<JobProcess> {
  const process = start()
  await process.load(place)
  return process
}

function begin(
  process: JobProcess,
  job: string,
  input: JsonObject,
  { timeoutMs = 30_000, graceMs = 100, tryNumber = 1, rpcUntil }: Begun = {},
) {
  const calls = serveJobCalls(rpcUntil ?? (() => fakeRpc(late)))
  const lines: JobTryLine[] = []
  const shares: number[] = []
  const running = runTry({
    process,
    asked: { jobId: 'j1', job: `chores.${job}`, tryNumber, input },
    timeoutMs,
    memoryBytesMax,
    graceMs,
    hears: { onLine: (line) => lines.push(line), onProgress: (share) => shares.push(share), onCall: calls.take },
    clock: systemClock,
  })
  void running.outcome.finally(calls.close)
  return { ...running, lines, shares }
}

describe('a process for jobs', () => {
  test('says what it loaded, and runs one job after the other', async () => {
    const process = start()
    const known = await process.load(place)
    expect(known.find(({ name }) => name === 'chores.NegateAlone')).toMatchObject({ process: 'fresh' })
    for (const number of [1, 2, 3]) {
      const { outcome, isProcessGood } = await begin(process, 'Negate', { number }).outcome
      expect(outcome).toMatchObject({ at: 'succeeded', output: { negated: -number } })
      expect(isProcessGood).toBe(true)
    }
  })

  test('S4 has nothing of the environment of its worker but what every program needs', async () => {
    process.env.PEEK_SERVICE_SECRET = 'a secret of the worker'
    process.env.DATABASE_URL = 'postgres://peek:secret@localhost/peek'
    try {
      const { outcome } = await begin(await loaded(), 'LookAround', {}).outcome
      const names = outcome.at === 'succeeded' ? String(outcome.output.names).split(' ') : []
      expect(names).toContain('PATH')
      expect(names.filter((name) => name.startsWith('PEEK_') || name === 'DATABASE_URL')).toEqual([])
      const plain = Object.keys(environmentForPluginCode())
      // The runtime sets its own.
      expect(names.filter((name) => !plain.includes(name) && !/^(NODE|BUN)_/.test(name))).toEqual([])
    } finally {
      delete process.env.PEEK_SERVICE_SECRET
      delete process.env.DATABASE_URL
    }
  })

  test('S2 that does not begin in time is ended, and whoever waits for it hears so', async () => {
    const clock = createFakeClock()
    const stuck = startJobProcess({ log: silentLog, clock })
    started.push(stuck)
    globalThis.process.kill(stuck.pid, 'SIGSTOP')
    const loading = stuck.load(place)
    clock.advance(30_000)
    await expect(loading).rejects.toMatchObject({ message: expect.stringContaining('did not start within') })
    clock.advance(1_000)
    expect(await stuck.ended).toContain('SIGKILL')
  })

  test('refuses a folder without code, saying what it looked for', async () => {
    const refused = start().load({ ...place, plugin: { ...place.plugin, folder: '/nowhere' } })
    await expect(refused).rejects.toMatchObject({ kind: 'plugin-failed', message: expect.stringContaining('/nowhere') })
  })

  test('S3 an input that does not fit the definition never reaches the code, and neither does an unknown job', async () => {
    const process = await loaded()
    const wrong = await begin(process, 'Negate', { number: 'one' }).outcome
    expect(wrong.outcome).toMatchObject({ at: 'failed', cause: 'bad-input', error: expect.stringContaining('number') })
    const unknown = await begin(process, 'Nothing', {}).outcome
    expect(unknown.outcome).toMatchObject({ cause: 'bad-input', error: expect.stringContaining('chores.Nothing') })
  })

  test('an output that does not fit the definition is a failure', async () => {
    const { outcome } = await begin(await loaded(), 'Lie', {}).outcome
    expect(outcome).toMatchObject({ cause: 'bad-output', error: expect.stringContaining('share') })
  })

  test('what a job throws is the error of its try, and its process takes no other', async () => {
    const { outcome, isProcessGood } = await begin(await loaded(), 'Fail', { timesMin: 1 }).outcome
    expect(outcome).toMatchObject({ cause: 'threw', error: expect.stringContaining('try 1 does not go well') })
    expect(isProcessGood).toBe(false)
  })

  test.each([true, false])(
    'a job that hangs (busy: %p) has taken too long, and its process is killed',
    async (isBusy) => {
      const process = await loaded()
      const { outcome } = await begin(process, 'Hang', { isBusy }, { timeoutMs: 100 }).outcome
      expect(outcome).toMatchObject({ at: 'failed', cause: 'timeout', error: expect.stringContaining('100 ms') })
      expect(await process.ended).toContain('SIGKILL')
    },
  )

  test('a job that ends its process has crashed, with what it wrote last', async () => {
    const { outcome } = await begin(await loaded(), 'Crash', { code: 7 }).outcome
    expect(outcome).toMatchObject({ at: 'failed', cause: 'crashed', error: expect.stringContaining('code 7') })
  })

  test('a job calls others over its worker, one of them or all, and is told what became of it', async () => {
    const process = await loaded()
    const one = await begin(
      process,
      'Ask',
      { number: 4, how: 'one' },
      {
        rpcUntil: () =>
          fakeRpc(async (rpc, input) => {
            expect([rpc.name, rpc.listensOn, input]).toEqual(['chores.NegateForJob', 'logic', { number: 4 }])
            return { negated: -4 }
          }),
      },
    ).outcome
    expect(one.outcome).toMatchObject({ at: 'succeeded', output: { negated: -4 } })
    const from = { instance: 'i', name: 'n', zone: 'z' }
    const failure = new RpcFailure('chores.NegateForJob', 'timeout', 'late')
    const outcomes = [
      { from, ok: true, output: { negated: -5 } },
      { from, ok: false, failure },
    ]
    const all = begin(process, 'Ask', { number: 5, how: 'all' }, { rpcUntil: () => fakeRpc(async () => outcomes) })
    expect((await all.outcome).outcome).toMatchObject({ at: 'succeeded', output: { negated: 2 } })
    expect(all.lines.map(({ words }) => words)).toEqual(['-5', 'timeout'])
    const refused = begin(
      process,
      'Ask',
      { number: 4, how: 'one' },
      {
        rpcUntil: () =>
          fakeRpc(() => Promise.reject(new RpcFailure('chores.NegateForJob', 'too-many', 'so many wait'))),
      },
    )
    expect((await refused.outcome).outcome).toMatchObject({ cause: 'threw', error: expect.stringContaining('so many') })
  })

  test('an answer that does not fit the definition never reaches the code of a job', async () => {
    const wrong = begin(
      await loaded(),
      'Ask',
      { number: 4, how: 'one' },
      {
        rpcUntil: () => fakeRpc(async () => ({ negated: 'four' })),
      },
    )
    expect((await wrong.outcome).outcome).toMatchObject({ cause: 'threw', error: expect.stringContaining('negated') })
  })

  test('a call of a job waits no longer than the job may run, and is given up when the job is told to end', async () => {
    const asked = createDeferred<RpcOptions>()
    const running = begin(
      await loaded(),
      'Ask',
      { number: 4, how: 'late' },
      {
        // It has something to say before it ends.
        graceMs: 20_000,
        rpcUntil: () =>
          fakeRpc((_, __, options) => {
            asked.resolve(options)
            return late()
          }),
      },
    )
    const { timeoutMs, signal } = await asked.promise
    expect(timeoutMs).toBeLessThanOrEqual(20_000)
    running.interrupt('cancelled')
    expect((await running.outcome).outcome).toEqual({ at: 'interrupted', why: 'cancelled' })
    expect(signal?.aborted).toBe(true)
    expect(running.lines.at(-1)?.words).toContain('was cancelled, the job that called it is to end')
  })

  test('what a job has called and does not wait for is given up when it is over, and harms no other', async () => {
    const process = await loaded()
    let over: AbortSignal | undefined
    const asked: string[] = []
    const alone = begin(
      process,
      'Ask',
      { number: 4, how: 'alone' },
      {
        rpcUntil: (signal) => {
          over = signal
          return fakeRpc((rpc) => {
            asked.push(rpc.name)
            return late()
          })
        },
      },
    )
    expect((await alone.outcome).outcome).toMatchObject({ at: 'succeeded' })
    expect(over?.aborted).toBe(true)
    // The other accepts no calls from workers.
    expect(asked).toEqual(['chores.NegateForJob'])
    const next = await begin(process, 'Negate', { number: 1 }).outcome
    expect(next).toMatchObject({ outcome: { at: 'succeeded' }, isProcessGood: true })
  })

  test('S1 what a job that was killed has called is given up', async () => {
    const process = await loaded()
    const asked = createDeferred<AbortSignal>()
    const running = begin(
      process,
      'Ask',
      { number: 4, how: 'one' },
      {
        rpcUntil: (signal) =>
          fakeRpc(() => {
            asked.resolve(signal)
            return late()
          }),
      },
    )
    const signal = await asked.promise
    process.kill()
    expect((await running.outcome).outcome).toMatchObject({ cause: 'crashed' })
    expect(signal.aborted).toBe(true)
  })

  test('O5 a job that takes ever more memory is ended before the machine has none', async () => {
    const { outcome } = await begin(await loaded(), 'Leak', {}).outcome
    expect(outcome).toMatchObject({ cause: 'crashed', error: expect.stringContaining('MiB') })
  })

  test('what it writes anywhere is in its log, in order, when it has ended', async () => {
    const running = begin(await loaded(), 'Chatter', { lineCount: 20 })
    expect((await running.outcome).outcome.at).toBe('succeeded')
    for (const [word, level] of [
      ['out', 'info'],
      ['err', 'warning'],
      ['log', 'info'],
    ]) {
      const found = running.lines.filter(({ words }) => words.startsWith(`${word} `))
      expect(found.map(({ words }) => words)).toEqual(Array.from({ length: 20 }, (_, n) => `${word} ${n}`))
      expect(found[0]?.level).toBe(level ?? '')
    }
  })

  test('O5 of a flood only so much is handed on, with a word about the rest', async () => {
    const process = await loaded()
    const beganAt = performance.now()
    const running = begin(process, 'Chatter', { lineCount: 20_000 })
    expect((await running.outcome).outcome.at).toBe('succeeded')
    // By the clock of a second a gate is open for a part of the first and of the last one too.
    const seconds = Math.ceil((performance.now() - beganAt) / 1_000) + 1
    expect(running.lines.length).toBeLessThanOrEqual(seconds * 2 * 200 + 2)
    expect(running.lines.some(({ words }) => words.includes('lines were left out'))).toBe(true)
  })

  test('says how far it is, and ends early when it is told to', async () => {
    const running = begin(await loaded(), 'Walk', { steps: 100_000, stepMs: 5 })
    while (running.shares.length < 2) await new Promise(setImmediate)
    running.interrupt('cancelled')
    const { outcome, isProcessGood } = await running.outcome
    expect(outcome).toEqual({ at: 'interrupted', why: 'cancelled' })
    expect(isProcessGood).toBe(false)
  })

  test('what a job started goes with its process', async () => {
    const job = await loaded()
    const { outcome } = await begin(job, 'Litter', {}).outcome
    const pid = outcome.at === 'succeeded' ? Number(outcome.output.pid) : 0
    expect(isAlive(pid)).toBe(true)
    job.kill()
    await untilDead(pid)
    expect(isAlive(pid)).toBe(false)
  })
})

test.each([true, false])(
  'S2 ends with its worker, also when a job keeps it busy (%p) for ever',
  async (isBusy) => {
    const script = `
    import { startJobProcess } from ${JSON.stringify(resolve(import.meta.dir, 'start-job-process.ts'))}
    import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
    import { silentLog } from '#kernel/log.ts'
    const job = startJobProcess({ log: silentLog, clock: systemClock })
    await job.load(${JSON.stringify(place)})
    const asked = { jobId: 'j', job: 'chores.Hang', tryNumber: 1, input: { isBusy: ${isBusy} } }
    await job.run(asked, { onLine: () => console.log(job.pid), onProgress() {} })`
    const worker = Bun.spawn([process.execPath, '-e', script], { cwd: import.meta.dir, stdout: 'pipe' })
    const reader = worker.stdout.getReader()
    const pid = Number(new TextDecoder().decode((await reader.read()).value))
    expect(pid).toBeGreaterThan(1)
    worker.kill('SIGKILL')
    await worker.exited
    await untilDead(pid)
    expect(isAlive(pid)).toBe(false)
  },
  60_000,
)

/** One that nobody has buried yet does nothing any more. */
function isAlive(pid: number): boolean {
  return /^[^Z]/.test(
    Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(pid)])
      .stdout.toString()
      .trim(),
  )
}

async function untilDead(pid: number): Promise<void> {
  const giveUpAt = performance.now() + 15_000
  while (isAlive(pid) && performance.now() < giveUpAt) await new Promise(setImmediate)
}
