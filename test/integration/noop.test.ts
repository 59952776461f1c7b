/** The checks of the plugin noop on the whole platform: green while all run, and red for what it is when one of them is killed. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type AdminClient, signIn } from '#cli/admin-client.ts'
import { isJsonObject } from '#kernel/json.ts'
import { recoverySite } from '#support/admin-page.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { type NoopRun, redOf, runNoop as runNoopOn } from '#support/run-noop.ts'
import { checkList } from '../../plugins/noop/shared/check-list.ts'

const testTimeoutMs = 180_000
let platform: Platform

beforeAll(async () => {
  platform = await startPlatform({ environment: { ...(await freePorts()), PEEK_PLUGINS: 'tutorial,noop' } })
}, 120_000)
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
}, 120_000)

const runNoop = (checks: readonly string[] = []): Promise<NoopRun> =>
  runNoopOn({ home: platform.home, url: platform.url('logic') }, { checks })
/** Beginning that one waits until the parts of all services are back. */
const withoutUnloading = checkList.map(({ name }) => name).filter((name) => !name.startsWith('unload.'))

const awayMs = 3_000

const openAdmin = (): Promise<AdminClient> => {
  const { url, user: username, password } = recoverySite(platform)
  return signIn(url, { username, password })
}

/** Resolves when checks are being run; how long the command takes to begin is up to the machine. */
async function untilUnderWay(admin: AdminClient): Promise<void> {
  await eventually('a run is under way', async () => {
    const answer = await admin.request('GET', '/p/noop/api/runs').catch(() => undefined)
    return isJsonObject(answer) && typeof answer.underWay === 'string'
  })
}

/** Kills it, and again whenever it comes back, until the run has long begun; resolves when it is back for good. */
async function keepAway(service: string, begun: Promise<void>): Promise<void> {
  let until = Number.POSITIVE_INFINITY
  void begun
    .catch(() => undefined)
    .then(() => {
      until = performance.now() + awayMs
    })
  do {
    const back = platform.next('ready', service)
    process.kill(platform.part(service).pid ?? 0, 'SIGKILL')
    await back
  } while (performance.now() < until)
}

/** A service that is back needs a moment until its parts run. A run takes long, and longer on a busy machine: they are counted. */
async function untilGreen(): Promise<void> {
  let ran = await runNoop()
  // One that finds nothing to run is over at once, and tells little.
  await eventually('logic has the checks', async () => {
    if (ran.state === 'none') ran = await runNoop()
    return ran.state !== 'none'
  })
  for (let tries = 1; tries < 3 && ran.code !== 0; tries++) ran = await runNoop()
  expect(redOf(ran)).toEqual([])
  expect(ran).toMatchObject({ code: 0, state: 'finished' })
}

test(
  'all are green on a platform of which everything runs',
  async () => {
    const ran = await runNoop()
    expect(redOf(ran)).toEqual([])
    expect(ran).toMatchObject({ code: 0, state: 'finished' })
    expect(ran.results.map(({ check }) => check).toSorted()).toEqual(checkList.map(({ name }) => name).toSorted())
  },
  testTimeoutMs,
)

test.each([['worker'], ['agent'], ['field'], ['office']] as const)(
  'a %s that is killed is named by every check that fails, and no other check fails',
  async (service) => {
    const back = keepAway(service, untilUnderWay(await openAdmin()))
    const ran = await runNoop(withoutUnloading)
    const red = redOf(ran)
    // It may be back before the last of them ran, but not before the first.
    expect(red.length).toBeGreaterThan(0)
    for (const { check, reason } of red) {
      expect(checkList.find(({ name }) => name === check)?.needs).toContain(service)
      expect(`${check}: ${reason}`).toMatch(new RegExp(service, 'i'))
    }
    expect(ran).toMatchObject({ code: 1, state: 'finished' })
    expect(ran.results.length).toBe(withoutUnloading.length)
    await back
    await untilGreen()
  },
  testTimeoutMs,
)

test(
  'a run whose logic is killed ends as interrupted, and says so',
  async () => {
    const back = platform.next('ready', 'logic')
    const running = runNoop()
    // Killed while it goes on: the slowest checks take longer than this looking around.
    await untilUnderWay(await openAdmin())
    process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
    const ran = await running
    expect(ran.code).not.toBe(0)
    expect(`${ran.state}: ${ran.words}`).toMatch(/^interrupted: logic: stopped/)
    await back
    await untilGreen()
  },
  testTimeoutMs,
)
