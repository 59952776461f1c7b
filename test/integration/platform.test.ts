/** The whole platform as scripts and operators meet it: started with `up --json`, spoken to over its own doors. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'
import { runPeek } from '#support/run-peek.ts'

const startTimeoutMs = 120_000
const testTimeoutMs = 120_000
const services = ['logic', 'field', 'office', 'agent', 'worker'] as const

describe('a running platform', () => {
  let platform: Platform
  const devices: Device[] = []
  const connect = (app: 'field' | 'office'): Device => {
    const device = connectDevice(platform.url(app), app)
    devices.push(device)
    return device
  }

  beforeAll(async () => {
    platform = await startPlatform({ environment: await freePorts() })
  }, startTimeoutMs)

  afterAll(async () => {
    for (const device of devices) device.close()
    await platform?.[Symbol.asyncDispose]()
  }, startTimeoutMs)

  test('has told one object a line: what is ready and where, and at last how long it took', () => {
    const lines = platform.output().map((line) => JSON.parse(line))
    const ready = lines.filter(({ event }) => event === 'ready')
    expect(ready.map(({ service }) => service).sort()).toEqual([...services, 'event-store', 'postgres'].sort())
    for (const { service, url } of ready)
      expect(url).toMatch(services.includes(service) ? /^http:\/\/localhost:\d+$/ : /^\w+:\/\/\S+:\d+/)
    expect(lines.at(-1)).toEqual({ event: 'up', seconds: expect.any(Number) })
  })

  test('the command line finds it by its home alone, wherever it listens', async () => {
    const { out, err, code } = await runPeek(['services', 'list', '--home', platform.home])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('logic')
  })

  test('S2 every service answers /health and /ready with its name, and says that it is ready', async () => {
    for (const service of services)
      for (const path of ['/health', '/ready']) {
        const response = await fetch(`${platform.url(service)}${path}`)
        expect(response.status).toBe(200)
        expect(await response.json()).toMatchObject({ service, state: 'ready' })
      }
  })

  test(
    'E2 the same action id sent again, also after a kill of logic, has one effect and one answer',
    async () => {
      const one = connect('field')
      const stringIntId = newUuid()
      await one.push('tutorial.AddStringInt', { stringIntId, string1: 'Mast 7', int1: 0 })
      const id = newUuid()
      const tap = () => one.push('tutorial.AddIntValue', { stringIntId, offset: 1 }, { id })
      const refusedId = newUuid()
      const overflow = () => one.push('tutorial.AddIntValue', { stringIntId, offset: 2_147_483_647 }, { id: refusedId })
      const [first, refused] = [await tap(), await overflow()]
      expect(first.outcome).toBe('accepted')
      expect(refused).toMatchObject({ outcome: 'rejected', kind: 'int-out-of-range' })
      expect(await tap()).toEqual(first)

      const back = platform.next('ready', 'logic')
      process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
      await back
      expect(await tap()).toEqual(first)
      expect(await overflow()).toEqual(refused)

      await one.push('tutorial.AddIntValue', { stringIntId, offset: 10 })
      const screen = connect('office').watch('tutorial.StringInt', { id: stringIntId })
      await screen.until((rows) => [...rows.values()].some(({ int1 }) => int1 === 11))
      screen.stop()
      const log = await eventsOf(`tutorial.StringInt-${stringIntId}`)
      expect(log.filter(({ actionId }) => actionId === id)).toHaveLength(1)
    },
    testTimeoutMs,
  )

  test('two people tapping one row at once are both in the log, in its order, each with who and when', async () => {
    const people = [connect('field'), connect('office')]
    const stringIntId = newUuid()
    await people[0]?.push('tutorial.AddStringInt', { stringIntId, string1: 'Mast 8', int1: 0 })
    const answers = await Promise.all(
      people.map((person) => person.push('tutorial.AddIntValue', { stringIntId, offset: 1 })),
    )
    expect(answers.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
    const taps = (await eventsOf(`tutorial.StringInt-${stringIntId}`)).filter(({ revision }) => revision > 0)
    expect(taps.map(({ type, revision }) => `${type} ${revision}`)).toEqual([
      'tutorial.AddIntValue 2',
      'tutorial.AddIntValue 1',
    ])
    expect(new Set(taps.map(({ device }) => device))).toEqual(new Set(people.map(({ id }) => id)))
    expect(new Set(taps.map(({ service }) => service))).toEqual(new Set(['field', 'office']))
    for (const tap of taps)
      expect(tap).toMatchObject({ user: 'guest', occurredAt: expect.any(Number), recordedAt: expect.any(Number) })
  })

  type ShownEvent = {
    readonly type: string
    readonly revision: number
    readonly user: string | null
    readonly device: string | null
    readonly service: string | null
    readonly actionId: string | null
  }

  /** What the admin app shows of a stream, newest first. */
  async function eventsOf(stream: string): Promise<readonly ShownEvent[]> {
    const url = platform.url('logic')
    const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
    const { password } = config.httpServer.admin.recoveryUser
    const headers = { 'content-type': 'application/json', origin: url }
    const login = await fetch(`${url}/api/login`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ user: 'recovery', password }),
    })
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
    const response = await fetch(`${url}/api/events?stream=${encodeURIComponent(stream)}`, {
      headers: { cookie },
    })
    const { events } = (await response.json()) as { events: readonly ShownEvent[] }
    return events
  }
})

describe('a service by itself', () => {
  const homes: string[] = []
  const newHome = (): string => {
    const home = makeHome('peek-service-')
    homes.push(home)
    return home
  }
  afterAll(() => {
    for (const home of homes) rmSync(home, { recursive: true, force: true })
  })

  test(
    'S1 S2 logic without its stores runs, and /ready is 503 with the reason for each',
    async () => {
      const away = {
        DATABASE_URL: 'postgres://nobody@127.0.0.1:1/peek',
        PEEK_EVENT_STORE: 'kurrentdb://127.0.0.1:1?tls=false',
      }
      const told = Promise.withResolvers<{ readonly event: string; readonly url: string }>()
      const logic = spawnService('logic', newHome(), away, told.resolve)
      try {
        const { url } = await told.promise
        expect((await fetch(`${url}/health`)).status).toBe(200)
        const response = await fetch(`${url}/ready`)
        expect(response.status).toBe(503)
        const { words, parts } = (await response.json()) as { words: string; parts: readonly { state: string }[] }
        expect(words).not.toBe('')
        expect(parts.filter(({ state }) => state !== 'ready')).not.toEqual([])
      } finally {
        logic.kill('SIGTERM')
        await logic.exited
      }
      expect(logic.exitCode).toBe(0)
    },
    testTimeoutMs,
  )

  test(
    'with a wrong value in its configuration does not start, and says which, what was found and what was wanted',
    async () => {
      const home = newHome()
      mkdirSync(join(home, 'field'))
      writeFileSync(join(home, 'field/config.json'), JSON.stringify({ logging: { level: 'loud' } }))
      const field = spawnService('field', home)
      const complaint = await new Response(field.stderr).text()
      expect(await field.exited).toBe(2)
      for (const part of [join(home, 'field/config.json'), 'logging.level', 'loud', 'warning'])
        expect(complaint).toContain(part)
    },
    testTimeoutMs,
  )

  function spawnService(
    role: string,
    home: string,
    environment: Readonly<Record<string, string>> = {},
    onTold: (message: { event: string; url: string }) => void = () => undefined,
  ) {
    return Bun.spawn([process.execPath, `src/services/${role}/main.ts`, '--home', home], {
      cwd: projectFolder,
      env: { ...process.env, PEEK_LOGIC_PORT: '0', PEEK_SERVICE_LINK_PORT: '0', PEEK_FIELD_PORT: '0', ...environment },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      serialization: 'json',
      ipc: onTold,
    })
  }
})
