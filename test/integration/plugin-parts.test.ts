/** The parts of a plugin in the five real processes: started, told what is theirs, ended when logic no longer names them. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { findStoreAddresses } from '#config/stores-file.ts'
import { systemClock } from '#kernel/clock.ts'
import { isJsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { acquireLeadership } from '#storage/leader-lock.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

const services = ['logic', 'field', 'office', 'agent', 'worker'] as const
const testTimeoutMs = 120_000
let platform: Platform
let cookie = ''
const home = makeHome('peek-parts-')
const logicConfig = join(home, 'logic/config.json')

/** What an operator changes in the configuration of logic; the rest of the file stays. */
function enable(names: readonly string[]): void {
  const config: unknown = JSON.parse(readFileSync(logicConfig, 'utf8'))
  const plugin = { enabled: names, folder: join(projectFolder, 'test/support/plugins') }
  writeFileSync(logicConfig, JSON.stringify({ ...(isJsonObject(config) ? config : {}), plugin }))
}

beforeAll(async () => {
  mkdirSync(join(home, 'logic'), { recursive: true, mode: 0o700 })
  writeFileSync(logicConfig, '{}', { mode: 0o600 })
  enable(['probe', 'probe-broken'])
  const environment = { ...(await freePorts()), PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins') }
  platform = await startPlatform({ home, environment })
}, 120_000)
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
}, 120_000)

const pathOf = (service: string): string =>
  service === 'agent' || service === 'worker' ? '/p/probe/about' : '/p/probe/api/about'
const ask = async (service: string, path = pathOf(service), init: RequestInit = {}) => {
  const response = await fetch(`${platform.url(service)}${path}`, { ...init, headers: { cookie } })
  const body: unknown = await response.json().catch(() => undefined)
  return { status: response.status, body }
}
const allAnswer = async (status: number): Promise<void> => {
  for (const service of services)
    await eventually(`the part on ${service} answers ${status}`, async () => (await ask(service)).status === status)
}
/** The key of a new session of whoever set the logic up. */
const keyOf = async (url: string, configFile: string): Promise<string> => {
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  const { username: user, password } = config.httpServer.admin.recoveryUser
  const response = await fetch(`${url}/api/login`, { method: 'POST', body: JSON.stringify({ user, password }) })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}
const signIn = async (): Promise<void> => {
  cookie = await keyOf(platform.url('logic'), logicConfig)
}

test('the routes on logic are for administrators, on every method', async () => {
  expect((await ask('logic')).status).toBe(401)
  expect((await ask('logic', '/p/probe/api/note', { method: 'POST' })).status).toBe(401)
  await signIn()
  expect((await ask('logic')).body).toMatchObject({ service: 'logic', user: 'recovery' })
  expect((await ask('logic')).body).not.toHaveProperty('cookie')
  const echo = await fetch(`${platform.url('logic')}/p/probe/api/echo`, {
    method: 'POST',
    headers: { cookie, 'x-peek-user': 'somebody' },
    body: 'a body gets through the door',
  })
  expect(await echo.text()).toBe('a body gets through the door')
  const elsewhere = await fetch(`${platform.url('logic')}/p/probe/api/note`, {
    method: 'POST',
    headers: { cookie, origin: 'http://elsewhere.example' },
  })
  expect(elsewhere.status).toBe(403)
})

test('a part runs on each of the five services, with a folder of its own, and a failing tick ends nothing', async () => {
  for (const service of services) {
    const folder = join(home, service, 'files/probe')
    await eventually(`the part on ${service} has ticked past the tick that fails`, async () => {
      const { body } = await ask(service)
      return isJsonObject(body) && Number(body.ticks) > 3
    })
    expect((await ask(service)).body).toMatchObject({ service, folder, greeting: 'hello' })
  }
})

test('names without a schema are the plugin’s own tables, for its migrations, its logic part and its worker part', async () => {
  expect((await ask('logic', '/p/probe/api/visits')).body).toEqual([{ service: 'logic' }, { service: 'worker' }])
})

test('E2 an action a part pushes under an id of its own takes effect once', async () => {
  const [first, second] = [
    await ask('logic', '/p/probe/api/note', { method: 'POST' }),
    await ask('logic', '/p/probe/api/note', { method: 'POST' }),
  ]
  expect(first.body).toMatchObject({ outcome: 'accepted' })
  expect(second.body).toEqual(first.body)
})

test('E1 what an administrator sets is live on every service, refused when it is stale or does not fit, and survives logic', async () => {
  const set = (values: object, revision: number) =>
    ask('logic', '/api/settings/probe', { method: 'POST', body: JSON.stringify({ values, revision }) })
  expect(await set({ greeting: 'good day' }, 0)).toMatchObject({ status: 200, body: { revision: 1 } })
  expect(await set({ greeting: 'too late' }, 0)).toMatchObject({
    status: 409,
    body: { error: { kind: 'revision-conflict' } },
  })
  expect(await set({ greeting: 5 }, 1)).toMatchObject({
    status: 422,
    body: { error: { fields: { greeting: 'must be a text' } } },
  })
  for (const service of services)
    await eventually(`${service} greets as it was set`, async () => {
      const { body } = await ask(service)
      return isJsonObject(body) && body.greeting === 'good day'
    })
  expect((await ask('logic', '/api/settings/probe/changes')).body).toMatchObject({
    changes: [{ by: 'recovery', fields: [{ name: 'greeting', from: 'hello', to: 'good day' }] }],
  })
})

test('a restart of a plugin ends its parts everywhere and starts them anew, in the running processes', async () => {
  const bornOf = async (service: string): Promise<unknown> => {
    const { body } = await ask(service)
    return isJsonObject(body) ? body.bornAt : undefined
  }
  const before = new Map(await Promise.all(services.map(async (service) => [service, await bornOf(service)] as const)))
  const asked = await ask('logic', '/api/plugins/probe/restart', { method: 'POST', body: '{"reason":"a test"}' })
  expect(asked.status).toBe(200)
  for (const service of services)
    await eventually(`the part on ${service} was started anew`, async () => {
      const bornAt = await bornOf(service)
      return bornAt !== undefined && bornAt !== before.get(service)
    })
  await eventually('the report of every service says so, and that nothing was left behind', async () => {
    const { body } = await ask('logic', '/api/services')
    const parts = body as { services: { parts: { plugin: string; startCount: number; left: string[] }[] }[] }
    const probes = parts.services.flatMap((service) => service.parts.filter(({ plugin }) => plugin === 'probe'))
    return probes.length === services.length && probes.every((one) => one.startCount > 1 && one.left.length === 0)
  })
  expect((await ask('logic', '/api/plugins/prob/restart', { method: 'POST' })).body).toMatchObject({
    error: { kind: 'not-found', words: 'No plugin "prob" is enabled; did you mean "probe"?' },
  })
})

test('S1 an error of a plugin that nobody caught is counted as its own and does not end the service', async () => {
  const { pid } = platform.part('field')
  await ask('field', '/p/probe/api/blunder', { method: 'POST' })
  await eventually('both blunders are in the log of field', async () => {
    const log = readFileSync(join(home, 'field/logs/field.log'), 'utf8')
    return log.includes('nobody caught: a blunder in a timer') && log.includes('nobody caught: a blunder in a promise')
  })
  expect((await ask('field')).status).toBe(200)
  expect(platform.part('field').pid).toBe(pid)
})

test('a part that fails is named by the health of its service, which takes work all the same', async () => {
  const { body } = await ask('field', '/health')
  expect(body).toMatchObject({ state: 'degraded', words: 'plugin probe-broken: out of luck' })
  expect((await ask('field', '/ready')).status).toBe(200)
  expect((await ask('field', '/p/probe-broken/api/x')).status).toBe(503)
})

test(
  'S1 what a restarted logic no longer names ends in the running processes, and comes back when it is named again',
  async () => {
    const pids = services.slice(1).map((service) => platform.part(service).pid)
    const restartLogic = async (): Promise<void> => {
      const back = platform.next('ready', 'logic')
      process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
      await back
      await signIn()
    }
    enable([])
    await restartLogic()
    await allAnswer(404)
    enable(['probe'])
    await restartLogic()
    await allAnswer(200)
    expect(services.slice(1).map((service) => platform.part(service).pid)).toEqual(pids)
    expect((await ask('field', '/health')).body).toMatchObject({ state: 'ready' })
    for (const service of services) expect((await ask(service)).body).toMatchObject({ greeting: 'good day' })
  },
  testTimeoutMs,
)

test(
  'S1 what a part left behind when its logic lost the leadership is its own fault too, and does not end logic',
  async () => {
    const { databaseUrl = '' } = findStoreAddresses(home)
    const sql = postgres(databaseUrl, { max: 1 })
    const pid = platform.part('logic').pid
    const giveUp = new AbortController()
    const leading = acquireLeadership({
      url: databaseUrl,
      name: 'logic',
      log: silentLog,
      signal: giveUp.signal,
      clock: systemClock,
    })
    try {
      await eventually('somebody else waits for the leadership', async () => {
        const waiting = await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`
        return waiting.length > 0
      })
      expect((await ask('logic', '/p/probe/api/blunder', { method: 'POST' })).status).toBe(200)
      await sql`select pg_terminate_backend(held.pid) from pg_locks held join pg_locks wanted
        using (locktype, classid, objid, objsubid) where held.granted and not wanted.granted and locktype = 'advisory'`
      await leading
      await eventually('logic has lost it', async () => (await ask('logic')).status === 503)
      await eventually('the blunder is in the log', () =>
        readFileSync(join(home, 'logic/logs/logic.log'), 'utf8').includes('nobody caught: a late blunder'),
      )
      await (await leading).release()
      await eventually('logic leads again', async () => (await ask('logic')).status === 200)
      expect(platform.part('logic').pid).toBe(pid)
    } finally {
      giveUp.abort()
      await leading.then((leadership) => leadership.release()).catch(() => undefined)
      await sql.end()
    }
  },
  testTimeoutMs,
)

test(
  'of two logics only the leading one runs parts: they end with its leadership, and begin where it goes on',
  async () => {
    const { databaseUrl, eventStore } = findStoreAddresses(home)
    const standbyHome = makeHome('peek-standby-')
    const ready = Promise.withResolvers<string>()
    const standby = Bun.spawn([process.execPath, 'src/services/logic/main.ts', '--home', standbyHome], {
      cwd: projectFolder,
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        PEEK_EVENT_STORE: eventStore,
        PEEK_LOGIC_PORT: '0',
        PEEK_SERVICE_LINK_PORT: '0',
        PEEK_PLUGINS: 'probe',
        PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins'),
      },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      serialization: 'json',
      ipc: ({ url }: { url?: string }) => url !== undefined && ready.resolve(url),
    })
    try {
      const url = await ready.promise
      const key = await keyOf(url, join(standbyHome, 'logic/config.json'))
      const path = `${url}${pathOf('logic')}`
      const statusOf = async (): Promise<number> => (await fetch(path, { headers: { cookie: key } })).status
      const health = async (): Promise<string> => (await fetch(`${url}/health`)).text()
      await eventually('it stands by', async () => (await health()).includes('another logic leads'))
      expect(await statusOf()).toBe(503)

      const back = platform.next('ready', 'logic')
      process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
      await eventually('the one that stood by runs the part', async () => (await statusOf()) === 200)
      await back
      await signIn()
      expect((await ask('logic')).status).toBe(503)

      standby.kill('SIGTERM')
      await standby.exited
      expect(standby.exitCode).toBe(0)
      await eventually('the other one runs it again', async () => (await ask('logic')).status === 200)
    } finally {
      standby.kill('SIGKILL')
      await standby.exited
      rmSync(standbyHome, { recursive: true, force: true })
    }
  },
  testTimeoutMs,
)
