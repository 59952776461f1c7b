/**
 * How late the rows of 9,999 entities are while one of 10,000 is parked and goes on failing: `--seconds N` of 500 events/s over
 * all of them, every hundredth event that entity's. The reference is the same stretch before anything was parked.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { createLog, silentLog } from '#kernel/log.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { startProjector } from '#projection/projector.ts'
import { openClient } from '#storage/client.ts'
import { startEmbeddedPostgres } from '#storage/embedded/start-embedded-postgres.ts'
import { migrate } from '#storage/migrate.ts'
import { makeHome } from '#support/make-home.ts'
import { projectFolder } from '#support/platform.ts'
import { BoxPacked, BoxShaken, defineLedger } from '#testing/ledger-model.ts'
import { startEventStore } from './event-store-targets.ts'
import { percentile, printFigure, secondsOf, sharedNowMs } from './figure.ts'

const boxCount = 10_000
const eventsPerSecond = 500
const poisoned = 'test.Box-b5000'
const seconds = secondsOf(Bun.argv, 6)

const log = createLog('bench', ({ level, words }) => {
  if (level === 'warning' || level === 'error') console.error(words)
})
const home = makeHome('peek-parking-lag-')
await using server = await startEventStore(home)
const postgres = await startEmbeddedPostgres({ stateDir: join(home, 'postgres'), log })
await migrate({ url: postgres.url, sets: [{ id: 'platform', folder: join(projectFolder, 'migrations') }], log })
const sql = openClient({ url: postgres.url, log, applicationName: 'bench', maxConnections: 4 })
const { connectionString } = server
const store = await openKurrentEventStore({ connectionString, log, clock: systemClock, random: systemRandom })

const waiting = new Set<() => void>()
let position: Position = logStart
const projector = startProjector({
  definition: defineLedger(false),
  store,
  sql,
  clock: systemClock,
  random: systemRandom,
  // Each event that parks is an error worth a line; here it is what is measured.
  log: silentLog,
  epoch: 1,
  watchedFields: { boxes: { shown: ['id', 'place', 'moves'], pickedBy: ['id'] } },
  onStatus: (status) => {
    position = status.position
    for (const look of [...waiting]) look()
  },
})
const until = (at: Position): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (comparePositions(position, at) < 0) return
      waiting.delete(look)
      resolve()
    }
    waiting.add(look)
    look()
  })

async function record(stream: string, type: string, data: object): Promise<Position> {
  return (await store.append(stream, [{ id: newUuid(), type, data: { ...data }, metadata: {} }], 'any')).position
}
const shake = (stream: string, isFragile: boolean) => record(stream, BoxShaken.name, { isFragile })

let packed = 0
const lane = async (): Promise<void> => {
  while (packed < boxCount) {
    const box = packed++
    await record(`test.Box-b${box}`, BoxPacked.name, { place: `p${box % 50}` })
  }
}
await Promise.all(Array.from({ length: 64 }, lane))

/** How late the rows of the others were, each. */
async function shakeAll(isPoisoned: boolean): Promise<number[]> {
  const lagsMs: number[] = []
  const under: Promise<void>[] = []
  const startedAt = sharedNowMs()
  for (let pushed = 0; pushed < seconds * eventsPerSecond; pushed++) {
    const pauseMs = startedAt + (pushed / eventsPerSecond) * 1_000 - sharedNowMs()
    if (pauseMs > 0) await Bun.sleep(pauseMs)
    const pushedAt = sharedNowMs()
    if (pushed % 100 === 0) under.push(shake(poisoned, isPoisoned).then(() => undefined))
    else
      under.push(
        shake(`test.Box-b${(pushed * 7) % (boxCount / 2)}`, false)
          .then(until)
          .then(() => void lagsMs.push(sharedNowMs() - pushedAt)),
      )
  }
  await Promise.all(under)
  return lagsMs
}

await until(await shake('test.Box-b1', false))
await shakeAll(false)
const before = await shakeAll(false)
const beside = await shakeAll(true)
const { parkedCount } = projector.status()
if (parkedCount !== (seconds * eventsPerSecond) / 100) throw new Error(`${parkedCount} events are parked`)
const lag = { bench: 'parking-lag', unit: 'ms', referenceName: 'the same before an entity was parked' }
for (const share of [0.5, 0.99] as const)
  printFigure({
    ...lag,
    metric: `others_lag_p${share * 100}_ms`,
    value: percentile(beside, share),
    reference: percentile(before, share),
  })

await projector.stop()
await store.close()
await sql.end({ timeout: 1 })
await postgres.stop('fast')
rmSync(home, { recursive: true, force: true })
