/**
 * The pages of services and of calls in a real browser, over a whole platform: what is decided there happens to the
 * processes, and what plugins do on them shows.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { findRememberedPort } from '#services/supervisor/ports.ts'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { inEveryLook } from '#support/every-look.ts'
import { findFaults } from '#support/find-faults.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'
import { untilListed } from '#support/until-listed.ts'

const timeoutMs = 120_000
const services = ['logic', 'field', 'agent'] as const
const secret = 'a secret of the tests that is long enough'
const pluginFolder = join(projectFolder, 'test/support/plugins')

let platform: Platform
let browser: Browser
let device: Device

beforeAll(async () => {
  platform = await startPlatform({
    environment: {
      PEEK_PLUGINS: 'calls,probe-broken,chores',
      PEEK_PLUGIN_FOLDER: pluginFolder,
      PEEK_SERVICE_SECRET: secret,
      PEEK_AGENT_NAME: 'north',
      PEEK_AGENT_ZONE: 'dmz',
      PEEK_WORKER_NAME: 'w1',
    },
    // Whoever hangs is given up, and does not stop in order, sooner than in 45 seconds.
    config: { logic: { vortex: { beatMs: 3_000, silenceMs: 12_000 } }, up: { stop: { timeoutMs: 5_000 } } },
  })
  device = connectDevice(platform.url('field'))
  browser = await launchBrowser()
}, timeoutMs)
afterAll(async () => {
  await browser?.close()
  device?.close()
  await platform?.[Symbol.asyncDispose]()
}, timeoutMs)

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, recoverySite(platform), path)
const blockOf = (page: Page, title: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title }) })
const pidOf = async (page: Page, title: string) =>
  /process (\d+)/.exec((await blockOf(page, title).textContent()) ?? '')?.[1]

async function typesRecorded(page: Page): Promise<readonly string[]> {
  const response = await page.request.get(`${platform.url('logic')}/api/events?limit=50`)
  const { events } = (await response.json()) as { events: { type: string; stream: string }[] }
  return events.filter(({ stream }) => stream.startsWith('peek.Service-')).map(({ type }) => type)
}

/** An agent that nobody starts again when it ends. */
function startByHand() {
  const home = makeHome('peek-by-hand-')
  const child = Bun.spawn([process.execPath, 'src/services/agent/main.ts', '--home', home], {
    cwd: projectFolder,
    env: {
      ...process.env,
      PEEK_AGENT_PORT: '0',
      PEEK_AGENT_NAME: 'by-hand',
      PEEK_AGENT_ZONE: 'south',
      PEEK_SERVICE_LINK_PORT: String(findRememberedPort(platform.home, 'logic.serviceLink')),
      PEEK_SERVICE_SECRET: secret,
      PEEK_PLUGIN_FOLDER: pluginFolder,
    },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await child.exited
      rmSync(home, { recursive: true, force: true })
    },
  }
}

test(
  'every instance shows with how it fares and what it runs; a part that failed says why, there and on the first page',
  async () => {
    const page = await openAdmin('/')
    await page.getByRole('link', { name: 'probe-broken on field' }).click()
    const field = blockOf(page, 'field “')
    await field.getByText('probe-broken: ').filter({ hasText: 'out of luck' }).waitFor()
    await field.getByText('Failed').waitFor()
    await page.getByLabel('Find').fill('')
    const titles = () => page.getByRole('list', { name: 'Services' }).getByRole('heading').allInnerTexts()
    const showsRoles = async (roles: string) => (await titles()).map((title) => title.split(' ')[0]).join() === roles
    await eventually('all five are listed, in order', () => showsRoles('logic,field,office,agent,worker'))
    for (const title of ['field “', 'office “', 'agent “north”', 'worker “w1”'])
      await blockOf(page, title)
        .getByText(/^\d+(\.\d)? ms$/)
        .first()
        .waitFor()
    await blockOf(page, 'agent “north”').getByText('Zone dmz').waitFor()
    await page.getByLabel('Find').fill('agent DMZ')
    await eventually('only the agent is listed', async () => (await titles()).join() === 'agent “north”')
    await page.getByLabel('Find').fill('no such thing')
    await page.getByText('No service is like that').waitFor()
  },
  timeoutMs,
)

test(
  'a worker is drained and takes jobs again, as the log has it with who and why',
  async () => {
    const page = await openAdmin('/services')
    const worker = blockOf(page, 'worker “w1”')
    await worker.getByText('Online').waitFor()
    await worker.getByRole('button', { name: 'Drain' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('It takes no new jobs').waitFor()
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await dialog.getByText('Please say why').waitFor()
    await dialog.getByLabel('Reason').fill('a new disk')
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await worker.getByText('Drained').waitFor()
    await worker.getByRole('button', { name: 'take jobs again' }).click()
    await dialog.getByRole('button', { name: 'Take jobs again' }).click()
    await worker.getByText('Online').waitFor()
    expect(await typesRecorded(page)).toEqual(['peek.WorkerResumed', 'peek.WorkerDrained'])
  },
  timeoutMs,
)

test(
  'a plugin is restarted on every service from its row, which follows it, as the log has it with who and why',
  async () => {
    const page = await openAdmin('/services')
    const row = page.getByTestId('plugin-calls')
    await row.getByText('Runs on 3 services').waitFor()
    const pids = services.map((service) => platform.part(service).pid)
    await row.getByRole('button', { name: 'Restart' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Its parts on agent, field, logic end and start again').waitFor()
    await dialog.getByLabel('Reason').fill('it hears nothing')
    await dialog.getByRole('button', { name: 'Restart' }).click()
    await row.getByText('Started anew on 3 services.').waitFor()
    await row.getByText('Runs on 3 services').waitFor()
    expect(services.map((service) => platform.part(service).pid)).toEqual(pids)
    await row.getByRole('link', { name: 'Earlier restarts' }).click()
    await untilListed(page, page.getByText('reason: it hears nothing'))
    await page.getByText('peek.PluginRestartRequested').waitFor()
  },
  timeoutMs,
)

test(
  'a service is restarted by its supervisor: its successor takes its place, and nothing counts as lost',
  async () => {
    const page = await openAdmin('/services')
    const agent = blockOf(page, 'agent “north”')
    await agent.getByText('Online').waitFor()
    const before = await pidOf(page, 'agent “north”')
    const [restarting, back] = [platform.next('restarting', 'agent'), platform.next('ready', 'agent')]
    await agent.getByRole('button', { name: 'Restart' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('stay on its disk').waitFor()
    await dialog.getByLabel('Reason').fill('it leaks')
    await dialog.getByRole('button', { name: 'Restart' }).click()
    await restarting
    expect(String((await back).pid)).not.toBe(before ?? '')
    await eventually('its successor shows', async () => {
      const pid = await pidOf(page, 'agent “north”').catch(() => undefined)
      return pid === String(platform.part('agent').pid)
    })
    expect(await agent.count()).toBe(1)
    await agent.getByText('Online').waitFor()
    expect(await typesRecorded(page)).toContain('peek.ServiceRestartRequested')
    expect(platform.lines().some(({ event }) => event === 'down')).toBe(false)
  },
  timeoutMs,
)

test(
  'logic restarts itself; the page says what it means, and goes on after signing in anew',
  async () => {
    const page = await openAdmin('/services')
    const back = platform.next('ready', 'logic')
    await blockOf(page, 'logic “').getByRole('button', { name: 'Restart' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('You have to sign in again').waitFor()
    await dialog.getByLabel('Reason').fill('a drill')
    await dialog.getByRole('button', { name: 'Restart' }).click()
    await back
    const again = await openAdmin('/services')
    await eventually('all are linked again', async () => {
      const titles = await again.getByRole('list', { name: 'Services' }).getByRole('heading').count()
      return titles === 5
    })
  },
  timeoutMs,
)

test(
  'S2 one that hangs shows as lost, and is ended by force and started again from here',
  async () => {
    const page = await openAdmin('/services')
    const worker = blockOf(page, 'worker “w1”')
    await worker.getByText('Online').waitFor()
    const pid = must(await pidOf(page, 'worker “w1”'), 'its block says so')
    // It hears nothing any more, the wish to stop included.
    process.kill(Number(pid), 'SIGSTOP')
    await worker.getByText('Lost').waitFor({ timeout: 60_000 })
    await worker.getByRole('button', { name: 'Restart' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('ended by force').waitFor()
    await dialog.getByLabel('Reason').fill('it hangs')
    await dialog.getByRole('button', { name: 'Restart' }).click()
    await worker.getByText('Online').waitFor({ timeout: 60_000 })
    expect(await pidOf(page, 'worker “w1”')).not.toBe(pid)
    expect(isRunning(Number(pid))).toBe(false)
  },
  timeoutMs,
)

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test(
  'one that was started by hand cannot be restarted from here, and shows as lost with its last contact when it is killed',
  async () => {
    const page = await openAdmin('/services')
    const byHand = startByHand()
    try {
      const block = blockOf(page, 'agent “by-hand”')
      await block.getByText('Started by hand').waitFor({ timeout: 45_000 })
      expect(await block.getByRole('button').count()).toBe(0)
      await byHand.kill()
      await block.getByText('Lost').waitFor({ timeout: 45_000 })
      await block.getByText('Last contact').waitFor()
      expect(await block.getByText('Memory').count()).toBe(0)
    } finally {
      await byHand.kill()
    }
  },
  timeoutMs,
)

const ask = (name: string, input: object, role: 'logic' | 'field' | 'agent', deadlineMs = 15_000): Promise<unknown> =>
  device.client.ask(name, JSON.stringify(input), deadlineMs, { to: { role } }).catch(() => undefined)

test(
  'calls show with who listens, how long they take and how they fail; they are found and sorted',
  async () => {
    await eventually(
      'calls go through',
      async () => (await ask('calls.AskAgent', { word: newUuid() }, 'logic')) !== undefined,
    )
    for (let count = 0; count < 20; count++) await ask('calls.AskAgent', { word: 'ha' }, 'logic')
    // Time enough to come to logic, which is where it has to be too late.
    await ask('calls.AskAgent', { word: 'hang' }, 'logic', 3_000)
    await ask('calls.Repeat', { word: 'x', count: 1 }, 'agent')
    const page = await openAdmin('/calls')
    const rowOf = (name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) })
    await rowOf('calls.AskAgent').getByText('logic “').first().waitFor()
    await rowOf('calls.AskAgent').getByText('1 too late').first().waitFor()
    await rowOf('calls.Repeat').getByText('agent “north”').first().waitFor()
    await rowOf('calls.Repeat').getByText('1 not let in').first().waitFor()
    await page.getByRole('button', { name: 'Calls', exact: true }).click()
    expect(await page.getByRole('columnheader', { name: 'Calls' }).getAttribute('aria-sort')).toBe('descending')
    await page.getByLabel('Only with failures').check()
    await page.getByLabel('Find').fill('not let in')
    await eventually('only one is listed', async () => {
      const [first = '', ...others] = await page.getByRole('rowheader').allInnerTexts()
      return first.includes('calls.Repeat') && others.length === 0
    })
    await eventually('the address says so', () => new URL(page.url()).search.includes('failed=yes'))
  },
  timeoutMs,
)

test(
  'both pages fit narrow and wide screens in both themes, and have nothing a screen reader stumbles over',
  async () => {
    const page = await openAdmin('/services')
    for (const [path, first] of [
      ['/services', 'agent “north”'],
      ['/calls', 'calls.AskAgent'],
    ] as const)
      await inEveryLook(page, `${platform.url('logic')}${path}`, async (name) => {
        await page.getByText(first).first().waitFor()
        expect(await findFaults(page)).toEqual([])
        const shots = process.env.PEEK_SHOTS
        if (shots) await page.screenshot({ path: `${shots}${path}-${name}.png`, fullPage: true })
      })
  },
  timeoutMs,
)
