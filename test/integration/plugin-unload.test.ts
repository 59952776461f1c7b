/**
 * What the parts of a plugin began is gone when they have ended, in the five real processes: however often they are restarted,
 * and when the plugin is enabled no more. The plugin `hoard` begins all that can be begun, and never ends any of it by itself.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { findStoreAddresses } from '#config/stores-file.ts'
import { isJsonObject } from '#kernel/json.ts'
import { connectDevice } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { heldBy, isTold } from '#support/held-by-process.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

const services = ['logic', 'field', 'office', 'agent', 'worker'] as const
type ServiceName = (typeof services)[number]
/** Those that go on running when logic says that other plugins are enabled. */
const others = services.slice(1)
const timeoutMs = 120_000

let platform: Platform
let cookie = ''
const home = makeHome('peek-unload-')
const logicConfig = join(home, 'logic/config.json')

function enable(names: readonly string[]): void {
  const config: unknown = JSON.parse(readFileSync(logicConfig, 'utf8'))
  const plugin = { enabled: names, folder: join(projectFolder, 'test/support/plugins') }
  writeFileSync(logicConfig, JSON.stringify({ ...(isJsonObject(config) ? config : {}), plugin }))
}

beforeAll(async () => {
  mkdirSync(join(home, 'logic'), { recursive: true, mode: 0o700 })
  writeFileSync(logicConfig, '{}', { mode: 0o600 })
  enable([])
  const environment = { ...(await freePorts()), PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins') }
  platform = await startPlatform({ home, environment })
}, timeoutMs)
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
}, timeoutMs)

/** Over a connection of its own, so that none is counted later. */
async function ask(service: ServiceName, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { cookie, connection: 'close' }
  return fetch(`${platform.url(service)}${path}`, { ...init, headers, keepalive: false })
}
const about = async (service: ServiceName): Promise<Response> =>
  ask(service, service === 'agent' || service === 'worker' ? '/p/hoard/about' : '/p/hoard/api/about')
const birthOn = async (service: ServiceName): Promise<string> => {
  const response = await about(service)
  const body: unknown = await response.json()
  return response.status === 200 && isJsonObject(body) ? String(body.bornAt) : ''
}
const births = async (): Promise<readonly string[]> => Promise.all(services.map(birthOn))

async function signIn(): Promise<void> {
  const { username: user, password } = JSON.parse(readFileSync(logicConfig, 'utf8')).httpServer.admin.recoveryUser
  const response = await ask('logic', '/api/login', { method: 'POST', body: JSON.stringify({ user, password }) })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

/** Logic comes again, with what is enabled now; the others go on. */
async function restartLogic(): Promise<void> {
  const back = platform.next('ready', 'logic')
  process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
  await back
  await signIn()
}

const heldByAll = (of: readonly ServiceName[]) =>
  Object.fromEntries(of.map((service) => [service, heldBy(platform.part(service).pid ?? 0)]))

const restartCount = 4

/**
 * No more than that, as soon as what was ended is gone. Less may be: a browser's or the supervisor's connection that was counted
 * is kept for a while only. A few more may be, of a pool that has grown since: what a plugin leaves behind comes again with
 * each restart.
 */
async function untilHeld(words: string, of: readonly ServiceName[], most: ReturnType<typeof heldByAll>): Promise<void> {
  const fits = (service: ServiceName): boolean => {
    const [held, bound] = [heldBy(platform.part(service).pid ?? 0), most[service]]
    if (bound === undefined) return false
    const more = Math.max(held.connections - bound.connections, held.files - bound.files)
    return held.listening === bound.listening && more < restartCount
  }
  await eventually(words, () => of.every(fits)).catch(() => expect(heldByAll(of)).toEqual(most))
}

/** Connections of the plugin to the database, by service. */
async function databaseConnections(): Promise<Record<string, number>> {
  const sql = postgres(findStoreAddresses(home).databaseUrl ?? '', { max: 1 })
  try {
    const rows = await sql<{ name: string; count: number }[]>`
      select application_name as name, count(*)::int as count from pg_stat_activity
      where application_name like 'peek % hoard' group by 1 order by 1`
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
  } finally {
    await sql.end()
  }
}

/** The server ends the process of a connection a moment after that was closed. */
async function untilConnected(wanted: Record<string, number>): Promise<void> {
  let found: Record<string, number> = {}
  await eventually('the plugin has the connections it should have', async () => {
    found = await databaseConnections()
    return Bun.deepEquals(found, wanted)
  }).catch(() => expect(found).toEqual(wanted))
}

const aliveFile = (service: ServiceName): string => join(home, service, 'files/hoard/alive')
/** Who writes that it is alive, from now on, until so many lines were written. */
async function aliveOn(service: ServiceName, lineCount: number): Promise<ReadonlySet<string>> {
  const size = statSync(aliveFile(service)).size
  const lines = () => readFileSync(aliveFile(service), 'utf8').slice(size).split('\n').slice(0, -1)
  await eventually(`${service} wrote ${lineCount} lines`, () => lines().length >= lineCount)
  return new Set(lines().map((line) => line.split(' ')[1] ?? ''))
}

/** Every part runs, other ones than those, and all it begins has begun. */
async function untilBegun(before: readonly string[]): Promise<readonly string[]> {
  await eventually('every part runs anew', async () => {
    const now = await births()
    return now.every((birth, index) => birth !== '' && birth !== before[index])
  })
  return births()
}

test.skipIf(!isTold)(
  'a plugin whose parts are restarted again and again, and then taken away, leaves nothing behind on any service',
  async () => {
    await signIn()
    const bare = heldByAll(others)
    enable(['hoard'])
    await restartLogic()
    let now = await untilBegun([])
    // The listener of each is there, and the request to its own site: one connection with both its ends here.
    await eventually('all of it has begun', () =>
      others.every((service) => {
        const held = heldBy(platform.part(service).pid ?? 0)
        return (
          held.listening === Number(bare[service]?.listening) + 1 &&
          held.connections > Number(bare[service]?.connections)
        )
      }),
    )
    const full = heldByAll(services)
    const connections = { 'peek logic hoard': 1, 'peek worker hoard': 1 }
    await untilConnected(connections)

    for (let round = 0; round < restartCount; round++) {
      const asked = await ask('logic', '/api/plugins/hoard/restart', { method: 'POST', body: '{"reason":"a test"}' })
      expect(asked.status).toBe(200)
      now = await untilBegun(now)
    }
    await untilHeld('each process holds what it held before', services, full)
    await untilConnected(connections)
    for (const [index, service] of services.entries())
      expect([service, ...(await aliveOn(service, 5))]).toEqual([service, now[index] ?? ''])
    const values = JSON.stringify({ values: { wish: 'hear me' }, revision: 0 })
    expect((await ask('logic', '/api/settings/hoard', { method: 'POST', body: values })).status).toBe(200)
    for (const [index, service] of services.entries()) {
      const heard = () => readFileSync(aliveFile(service), 'utf8').match(/^setting .+$/gm) ?? []
      await eventually(`${service} has heard of it`, () => heard().length > 0)
      expect([service, ...heard()]).toEqual([service, `setting ${now[index]}`])
    }

    enable([])
    await restartLogic()
    for (const service of services)
      await eventually(`${service} has no route of it`, async () => (await about(service)).status === 404)
    await untilHeld('each process holds what it held before there was any plugin', others, bare)
    await untilConnected({})
    const sizes = () => services.map((service) => statSync(aliveFile(service)).size)
    const before = sizes()
    const device = connectDevice(platform.url('field'))
    for (const role of services) {
      const call = device.client.ask(`hoard.AskOn${role}`, '{}', 5_000, { to: { role } })
      await expect(call).rejects.toThrow(`Nobody listens to "hoard.AskOn${role}"`)
    }
    device.close()
    expect(sizes()).toEqual(before)
  },
  timeoutMs,
)
