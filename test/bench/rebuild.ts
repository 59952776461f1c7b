/**
 * How fast a read model is rebuilt while the platform runs: `--events N` (default 200,000) over a tenth as many rows,
 * without and with live traffic of 200 actions/s, by the process that logic would start. Beside it how fast the official
 * client alone reads the same events in the same round.
 *
 * The rate counts everything from the first event to the moment the shadow is close: folding, saving, indexes, following,
 * the proof, the comparison with the live rows.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { eventTypeFilter, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { findStoreAddresses } from '#config/stores-file.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { createLog } from '#kernel/log.ts'
import type { FromRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { startRebuilder } from '#services/rebuilder/start-rebuilder.ts'
import { openClient } from '#storage/client.ts'
import { connectDevice } from '#support/device.ts'
import { makeHome } from '#support/make-home.ts'
import { projectFolder, startPlatform } from '#support/platform.ts'
import { recordBenchHistory } from './bench-history.ts'
import { median, percentile, printFigure, sharedNowMs } from './figure.ts'

const rounds = 3
const liveActionsPerSecond = 200
const quietSeconds = 5
/** `swapping` is the comparison with the live rows and the way to the moment when the shadow is close. */
const phases = ['folding', 'indexing', 'following', 'proving', 'swapping'] as const
const liveSchema = 'pl_bench__counters'
const eventsAt = Bun.argv.indexOf('--events')
const eventCount = eventsAt < 0 ? 200_000 : Number(Bun.argv[eventsAt + 1])
if (!Number.isSafeInteger(eventCount) || eventCount < 1_000) throw new Error('--events takes a number from 1000 on')

const log = createLog('bench', ({ level, words }) => {
  if (level === 'warning' || level === 'error') console.error(words)
})
const home = makeHome('peek-rebuild-bench-')
mkdirSync(join(home, 'event-store'), { mode: 0o700 })
const history = await recordBenchHistory(join(home, 'event-store', 'log.db'), {
  eventCount,
  counterCount: Math.ceil(eventCount / 10),
})
const environment = {
  PEEK_PLUGINS: 'bench',
  PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins'),
  PEEK_LOG_LEVEL: 'warning',
}
await using platform = await startPlatform({ home, environment })
const { databaseUrl = '', eventStore = '' } = findStoreAddresses(home)
const sql = openClient({ url: databaseUrl, log, applicationName: 'bench', maxConnections: 2, statementTimeoutMs: 0 })
const client = KurrentDBClient.connectionString`${eventStore}`
await untilProjected()

type Rebuilt = {
  readonly eventsPerSecond: number
  /** What the estimate said when a tenth was done, as a share of what it took from there. */
  readonly etaRatio: number
  /** How long each phase took. */
  readonly phaseSeconds: ReadonlyMap<string, number>
}

for (const traffic of ['off', 'on'] as const) {
  const devices = Array.from({ length: 8 }, () => connectDevice(platform.url('field')))
  const bare: number[] = []
  const rebuilt: Rebuilt[] = []
  const quiet = traffic === 'on' ? await pushUntil(devices, Bun.sleep(quietSeconds * 1_000)) : []
  const beside: number[] = []
  // The first round warms everything up, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const rate = await readBare()
    const rebuilding = rebuild()
    const delays = traffic === 'on' ? await pushUntil(devices, rebuilding) : []
    const one = await rebuilding
    if (round === 0) continue
    bare.push(rate)
    rebuilt.push(one)
    beside.push(...delays)
  }
  for (const device of devices) device.close()
  const base = { bench: 'rebuild', reference: median(bare), referenceName: 'bare reads of the same events' }
  const suffix = traffic === 'on' ? '_under_live_traffic' : ''
  const rates = rebuilt.map(({ eventsPerSecond }) => eventsPerSecond)
  printFigure({ ...base, metric: `events_per_second${suffix}`, value: median(rates), unit: '1/s' })
  printFigure({
    bench: 'rebuild',
    metric: `eta_after_a_tenth${suffix}`,
    value: median(rebuilt.map(({ etaRatio }) => etaRatio)),
    unit: 'of what it took',
    reference: 1,
    referenceName: 'what it took',
  })
  for (const phase of phases)
    printFigure({
      bench: 'rebuild',
      metric: `${phase}_seconds${suffix}`,
      value: median(rebuilt.map(({ phaseSeconds }) => phaseSeconds.get(phase) ?? 0)),
      unit: 's',
      reference: history.eventCount / base.reference,
      referenceName: 'bare reads of the same events',
    })
  if (traffic === 'on')
    printFigure({
      bench: 'rebuild',
      metric: 'action_p99_ms_beside',
      value: percentile(beside, 0.99),
      unit: 'ms',
      reference: percentile(quiet, 0.99),
      referenceName: 'the same actions without a rebuild',
    })
}
await client.dispose()
await sql.end({ timeout: 1 })

/** Every projection of the platform has taken the whole history: nothing else works while it is measured. */
async function untilProjected(): Promise<void> {
  for (;;) {
    const found = await sql`select table_schema as name from information_schema.tables where table_name = 'checkpoint'`
    const counts = found.map(({ name }) => `select event_count::float8 as n from "${String(name)}".checkpoint`)
    const rows = counts.length === 0 ? [] : await sql.unsafe(counts.join(' union all '))
    if (rows.length >= 2 && rows.every(({ n }) => Number(n) >= history.eventCount)) return
    await Bun.sleep(500)
  }
}

async function readBare(): Promise<number> {
  const startedAt = sharedNowMs()
  let count = 0
  for await (const _ of client.readAll({ filter: eventTypeFilter({ prefixes: ['bench.'] }) })) count++
  return count / ((sharedNowMs() - startedAt) / 1_000)
}

async function rebuild(): Promise<Rebuilt> {
  await sql.unsafe(`drop schema if exists "${shadowSchemaOf(liveSchema)}" cascade`)
  const over = Promise.withResolvers<FromRebuilder>()
  let beganAt = 0
  let folded = 0
  const enteredAt = new Map<string, number>()
  let tenth: { readonly at: number; readonly etaMs: number } | undefined
  const process = startRebuilder({
    home,
    begin: {
      kind: 'begin',
      rebuildId: newUuid(),
      rebuildKind: 'rebuild',
      projection: 'bench.counters',
      toVersion: 1,
      shadowSchema: shadowSchemaOf(liveSchema),
      liveSchema,
      epoch: 1,
      phase: 'queued',
      isProved: false,
      asksFirst: false,
      rateMax: null,
      isPaused: false,
    },
    onMessage: (message) => {
      if (message.kind === 'progress') {
        beganAt ||= sharedNowMs()
        if (!enteredAt.has(message.phase)) enteredAt.set(message.phase, sharedNowMs())
        folded = message.eventCount
        if (message.share >= 0.1 && message.etaSeconds !== null)
          tenth ??= { at: sharedNowMs(), etaMs: message.etaSeconds * 1_000 }
      }
      if (message.kind === 'close' || message.kind === 'failed') over.resolve(message)
    },
    log,
    clock: systemClock,
    environment: { ...globalThis.process.env, ...environment },
  })
  const last = await over.promise
  const closeAt = sharedNowMs()
  await process.stop()
  if (last.kind === 'failed') throw new Error(`the rebuild failed: ${last.words}`)
  return {
    eventsPerSecond: folded / ((closeAt - beganAt) / 1_000),
    phaseSeconds: new Map(
      [...enteredAt].map(([phase, at], index, all) => [phase, ((all[index + 1]?.[1] ?? closeAt) - at) / 1_000]),
    ),
    etaRatio: tenth ? tenth.etaMs / (closeAt - tenth.at) : Number.NaN,
  }
}

/** Keeps the live traffic going until the work is over; how long each action took until it was answered. */
async function pushUntil(
  devices: readonly ReturnType<typeof connectDevice>[],
  work: Promise<unknown>,
): Promise<number[]> {
  const delaysMs: number[] = []
  let isOver = false
  void work.finally(() => (isOver = true)).catch(() => undefined)
  const waiting = new Set<Promise<unknown>>()
  const startedAt = sharedNowMs()
  for (let pushed = 0; !isOver; pushed++) {
    const pauseMs = startedAt + (pushed / liveActionsPerSecond) * 1_000 - sharedNowMs()
    if (pauseMs > 0) await Bun.sleep(pauseMs)
    const pushedAt = sharedNowMs()
    const counterId = history.counterIds[(pushed * 7) % history.counterIds.length]
    const answered = devices[pushed % devices.length]
      ?.push('bench.BumpCounter', { counterId, by: 1 })
      .then((answer) => {
        if (answer.outcome !== 'accepted') throw new Error(`an action was not accepted: ${JSON.stringify(answer)}`)
        delaysMs.push(sharedNowMs() - pushedAt)
      })
    if (answered) waiting.add(answered.finally(() => waiting.delete(answered)))
  }
  await Promise.all(waiting)
  return delaysMs
}
