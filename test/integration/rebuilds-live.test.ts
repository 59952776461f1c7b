/** Rebuilds on the whole platform: processes are killed, versions change between two starts, and people go back. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { type AdminClient, signIn } from '#cli/admin-client.ts'
import { loadConfig } from '#config/load-config.ts'
import { findStoreAddresses } from '#config/stores-file.ts'
import { must } from '#kernel/assert.ts'
import { silentLog } from '#kernel/log.ts'
import type { RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { type Client, openClient } from '#storage/client.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { installTally } from '#support/tally-plugin.ts'
import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

type ProjectionRow = TupleOf<typeof ProjectionStatus>
const timeoutMs = 120_000
const live = 'pl_tally__tallies'
const id = 'tally.tallies'
const tallyCount = 20

let home: string
let plugins: string
let environment: Record<string, string>
let platform: Platform | undefined
let device: Device | undefined
let sql: Client | undefined

beforeAll(async () => {
  home = makeHome('peek-rebuilds-')
  plugins = makeHome('peek-tally-')
  environment = {
    ...(await freePorts()),
    PEEK_PLUGIN_FOLDER: plugins,
    PEEK_PLUGINS: 'tally',
    PEEK_LOG_LEVEL: 'warning',
  }
}, timeoutMs)
afterEach(stop, timeoutMs)
afterAll(() => {
  for (const folder of [home, plugins]) rmSync(folder, { recursive: true, force: true })
})

async function start(version: Parameters<typeof installTally>[1]): Promise<Platform> {
  await stop()
  installTally(plugins, version)
  const started = await startPlatform({ home, environment, keepHome: true })
  platform = started
  device = connectDevice(started.url('field'))
  const { databaseUrl = '' } = findStoreAddresses(home)
  sql = openClient({ url: databaseUrl, log: silentLog, applicationName: 'test', maxConnections: 2 })
  return started
}

async function stop(): Promise<void> {
  device?.close()
  await sql?.end({ timeout: 1 })
  await platform?.stop()
  ;[device, sql, platform] = [undefined, undefined, undefined]
}

/** A new session at each call: logic forgets those it had when it dies. */
async function admin(): Promise<AdminClient> {
  const { username, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  return signIn(must(platform, 'the platform runs').url('logic'), { username, password })
}
async function request<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  return (await (await admin()).request(method, `/api${path}`, body)) as T
}
const rebuilds = async (): Promise<readonly RebuildState[]> =>
  (await request<{ rebuilds: RebuildState[] }>('GET', '/rebuilds')).rebuilds
const newest = async (): Promise<RebuildState | undefined> => (await rebuilds().catch(() => []))[0]
const post = async (path: string, body: object = {}) =>
  (await request<{ rebuild: RebuildState }>('POST', path, body)).rebuild

const decisions = async (): Promise<readonly string[]> => {
  const path = `/events?stream=peek.Projections-${id}`
  return (await request<{ events: { type: string }[] }>('GET', path)).events.map(({ type }) => type)
}

async function addTo(count: number, amount: number): Promise<void> {
  const { push } = must(device, 'a device is there')
  const ids = Array.from({ length: count }, (_, tally) => `t${tally}`)
  const answers = await Promise.all(ids.map((tallyId) => push('tally.AddTally', { tallyId, amount })))
  expect(answers.every(({ outcome }) => outcome === 'accepted')).toBe(true)
}
const query = (text: string) => must(sql, 'the database is there').unsafe(text)
const sumsIn = async (column: string, schema = live): Promise<readonly number[]> =>
  (await query(`select distinct ${column} as sum from "${schema}".tallies`).catch(() => [])).map(({ sum }) =>
    Number(sum),
  )
const untilSums = (column: string, ...sums: number[]) =>
  eventually(`${column} is ${sums}`, async () => JSON.stringify(await sumsIn(column)) === JSON.stringify(sums))
async function until(phase: RebuildState['phase']): Promise<RebuildState> {
  let found: RebuildState | undefined
  await eventually(`the rebuild is ${phase}`, async () => {
    found = await newest()
    return found?.phase === phase
  })
  return must(found, 'it was found')
}

describe('on a running platform', () => {
  test(
    'P3 P4 a rebuild goes on after a kill of logic, and ends with the rows a fresh replay gives',
    async () => {
      const running = await start({ version: 1, factor: 1 })
      for (let round = 0; round < 5; round++) await addTo(tallyCount, 1)
      await untilSums('sum1', 5)
      const estimate = await request<object>('GET', `/projections/${id}/estimate`)
      expect(estimate).toMatchObject({ estimate: { eventCount: 5 * tallyCount, isEventCountExact: true } })
      await query(`update "${live}".tallies set sum1 = 99`)
      const started = await post(`/projections/${id}/rebuild`, { reason: 'wrong sums', rateMax: 20 })
      await eventually('it folds', async () => ((await newest())?.eventCount ?? 0) > 0)
      const back = running.next('ready', 'logic')
      process.kill(must(running.part('logic').pid, 'logic has a pid'), 'SIGKILL')
      await back
      await eventually('the next leader goes on with it', async () => (await newest())?.phase === 'folding')
      await eventually('logic answers', async () =>
        post(`/rebuilds/${started.id}/throttle`, { rateMax: null }).then(
          () => true,
          () => false,
        ),
      )
      const done = await until('done')
      expect(done).toMatchObject({ id: started.id, proof: { outcome: 'equal' }, error: null })
      expect(await sumsIn('sum1')).toEqual([5])
      await eventually('all of it is in the log', async () => {
        const types = (await decisions()).map((type) => type.slice('peek.ProjectionRebuild'.length))
        return ['Requested', 'Throttled', 'Completed'].every((type) => types.includes(type))
      })
    },
    timeoutMs,
  )

  test(
    'a rebuild that is cancelled drops its shadow, and a second one is refused while one runs',
    async () => {
      await start({ version: 1, factor: 1 })
      await untilSums('sum1', 5)
      const { id: rebuild } = await post(`/projections/${id}/rebuild`, { asksFirst: true })
      await expect(post(`/projections/${id}/rebuild`)).rejects.toThrow('is being rebuilt already')
      await until('comparing')
      await post(`/rebuilds/${rebuild}/cancel`, { reason: 'not now' })
      await eventually('the shadow is gone', async () => {
        const [found] = await query(`select to_regnamespace('${live}__next') is null as gone`)
        return found?.gone === true
      })
      expect((await newest())?.phase).toBe('cancelled')
    },
    timeoutMs,
  )
})

describe('another version at start', () => {
  test(
    'P3 is built beside the old rows, which the old code goes on feeding, and one call goes back',
    async () => {
      await start({ version: 2, factor: 10, showsSum: false })
      await until('done')
      expect(await newest()).toMatchObject({ by: 'peek', fromVersion: 1, toVersion: 2 })
      await untilSums('sum2', 50)
      await addTo(tallyCount, 1)
      await untilSums('sum2', 60)

      const kept = async () => (await request<{ kept: readonly object[] }>('GET', '/projections/kept')).kept
      await eventually('it can be returned to', async () => (await kept()).length === 1)
      expect(await kept()).toMatchObject([{ projection: id, version: 1, obstacle: null }])
      await post(`/projections/${id}/return`, { reason: 'ten times too much' })
      await untilSums('sum1', 6)
      await addTo(tallyCount, 1)
      await untilSums('sum1', 7)
      const watched = must(device, 'a device is there').watch('tally.Tally')
      await watched.until((rows) => rows.size === tallyCount)
      watched.stop()
    },
    timeoutMs,
  )

  test(
    'leaves alone what somebody returned to, until a rebuild; screens that need more wait for it',
    async () => {
      await start({ version: 2, factor: 10, showsSum: true })
      await addTo(tallyCount, 1)
      await untilSums('sum1', 8)
      await eventually('it shows as returned to', async () => {
        const { projection } = await request<{ projection: ProjectionRow }>('GET', `/projections/${id}`)
        return projection.pinnedVersion === 1 && projection.version === 1 && projection.loadedVersion === 2
      })
      const watched = must(device, 'a device is there').watch('tally.Tally')
      await post(`/projections/${id}/rebuild`)
      await until('done')
      await untilSums('sum2', 80)
      await watched.until((rows) => rows.size === tallyCount && [...rows.values()].every((row) => row.sum2 === 80))
    },
    timeoutMs,
  )
})
