/**
 * The page of devices in a real browser, over a whole platform: what is on devices shows, also after logic began anew; who asks
 * for help is answered, and hears it. The command line says the same.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { newUuid } from '#kernel/ids.ts'
import { type AdminPageOptions, openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { runPeek } from '#support/run-peek.ts'

const timeoutMs = 120_000

let platform: Platform
let browser: Browser
const devices: Device[] = []

beforeAll(async () => {
  platform = await startPlatform({ environment: { PEEK_PLUGINS: 'tutorial' } })
  browser = await launchBrowser()
}, timeoutMs)
afterAll(async () => {
  await browser?.close()
  for (const device of devices) device.close()
  await platform?.[Symbol.asyncDispose]()
}, timeoutMs)

const openAdmin = (path: string, options?: AdminPageOptions): Promise<Page> =>
  openAdminPage(browser, recoverySite(platform), path, options)

function connect(app: 'field' | 'office' = 'field'): Device {
  const device = connectDevice(platform.url(app), app)
  devices.push(device)
  return device
}

const figures = { announced: 9, acked: 4, unsent: 5, attention: 2, build: '0.0.1', cached: 3, storage: newUuid() }
const rowOf = (page: Page, { id }: Device, app = 'field') => page.getByTestId(`device-${app}-${id}`)

function helpFields(device: Device, words: string) {
  const record = {
    ...{ id: newUuid(), seq: 4, name: 'tutorial.AddIntValue', version: 1, title: 'Add 5 to row one' },
    ...{ fields: '{"offset":5}', state: 'refused', reason: 'There is no such row.', at: Date.now(), attempts: 1 },
    build: '0.0.1',
  }
  return { id: newUuid(), device: device.id, words, records: [record] }
}

test(
  'S1 a device with unsent work goes on showing when it is gone and logic began anew; who is connected then is known without a word of theirs',
  async () => {
    const [device, other] = [connect(), connect('office')]
    device.client.report(figures)
    const page = await openAdmin('/devices')
    const row = rowOf(page, device)
    await row.getByText('Waits for its person').waitFor()
    // That it is connected may be told by itself.
    const all = /52 need a person940\.0\.1never ran herenowat field/
    await eventually('its row says all of it', async () => all.test((await row.textContent()) ?? ''))
    device.close()
    await row.getByText('now').waitFor({ state: 'detached' })
    await rowOf(page, other, 'office').getByText('at office').waitFor()
    const back = platform.next('ready', 'logic')
    process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
    await back
    const again = await openAdmin('/devices?show=unsent')
    await rowOf(again, device).getByText('Waits for its person').waitFor({ timeout: 45_000 })
    await again.getByLabel('Show').selectOption('all')
    await rowOf(again, other, 'office').getByText('at office').waitFor({ timeout: 45_000 })
    await again.getByLabel('Show').selectOption('silent')
    await again.getByText('No device is like that').waitFor()
    await again.getByLabel('Show').selectOption('attention')
    await rowOf(again, device).getByRole('link').click()
    await again.getByText('5 actions, since').waitFor()
    await again.getByText('up to number 9').waitFor()
    await again.getByRole('table', { name: 'Connections' }).getByText('field', { exact: true }).first().waitFor()
  },
  timeoutMs,
)

test(
  'a device asks for help once, however often it is sent; it is answered on the page, and only the device itself sees it',
  async () => {
    const [device, other] = [connect(), connect()]
    const own = device.watch('peek.HelpRequest', { device: device.id })
    const fields = helpFields(device, 'What now?')
    const id = newUuid()
    await eventually('logic takes actions', async () => {
      const answer = await device.push('peek.AskForHelp', fields, { id, deadlineMs: 5_000 })
      return answer.outcome === 'accepted'
    })
    expect(await device.push('peek.AskForHelp', fields, { id })).toMatchObject({ outcome: 'accepted' })
    expect(await device.push('peek.AskForHelp', fields)).toMatchObject({ outcome: 'rejected', kind: 'asked-already' })
    expect(await other.push('peek.AskForHelp', { ...fields, id: newUuid() })).toMatchObject({ kind: 'forbidden' })
    expect(await device.push('peek.AnswerHelp', { id: fields.id, device: device.id, words: 'x' })).toMatchObject({
      kind: 'forbidden',
    })
    await own.until((rows) => rows.size === 1)

    const page = await openAdmin('/')
    await page.getByText('1 request for help').waitFor()
    await page.getByRole('link', { name: 'Help', exact: true }).click()
    const block = page.getByTestId(`help-${fields.id}`)
    await block.getByText('Add 5 to row one').waitFor()
    await block.getByText('refused, sent once: There is no such row.').waitFor()
    await block.getByRole('button', { name: 'Answer …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Answer' }).click()
    await dialog.getByText('Say what is to be done').waitFor()
    await dialog.getByRole('textbox', { name: 'Answer' }).fill('Take row two instead.')
    await dialog.getByRole('button', { name: 'Answer' }).click()
    await block.waitFor({ state: 'detached' })
    await own.until((rows) => [...rows.values()].some(({ answer }) => answer === 'Take row two instead.'))

    await page.goto(`${platform.url('logic')}/devices/${device.id}`)
    await page.getByTestId(`help-${fields.id}`).getByText('recovery: Take row two instead.').waitFor()
    const stolen = other.watch('peek.HelpRequest', { device: device.id })
    const all = other.watch('peek.HelpRequest')
    await other.watch('peek.HelpRequest', { device: other.id }).until(() => true)
    expect([stolen.rows().size, all.rows().size]).toEqual([0, 0])

    const { out, code } = await runPeek(['devices', 'show', device.id.slice(0, 8), '--home', platform.home])
    expect(code).toBe(0)
    expect(out).toContain('guest: What now?, about 1 actions. recovery: Take row two instead.')
  },
  timeoutMs,
)

test(
  'the app in a browser says itself how it stands: what it did shows as announced and acknowledged',
  async () => {
    const field = await (await browser.newContext()).newPage()
    await field.goto(`${platform.url('field')}/p/tutorial`)
    await field
      .getByRole('button', { name: /^Increment/ })
      .first()
      .click()
    const device = await field.evaluate(() => localStorage.getItem('peek.device') ?? '')
    const known = async () => {
      const { out } = await runPeek(['devices', 'show', device, '--home', platform.home, '--json'])
      return out === '' ? undefined : (JSON.parse(out) as { devices: Record<string, unknown>[] }).devices[0]
    }
    // The service knows of the answer sooner than the page says that nothing is left.
    await eventually('it has said so', async () => {
      const { acknowledgedSeq, leftCount } = (await known()) ?? {}
      return acknowledgedSeq === 1 && leftCount === 0
    })
    expect(await known()).toMatchObject({
      ...{ app: 'field', announcedSeq: 1, leftCount: 0, versionsBehind: 0, isOnline: true, services: ['field'] },
      toldAt: expect.any(Number),
    })
    await field.context().close()
  },
  timeoutMs,
)

test(
  'the command line lists the same, and says what it found where the page would',
  async () => {
    const device = connect()
    device.client.report({ ...figures, storage: newUuid(), unsent: 7 })
    const list = async (...words: string[]) => {
      const { out } = await runPeek(['devices', 'list', ...words, '--home', platform.home, '--json'])
      return (JSON.parse(out) as { devices: { device: string; leftCount: number }[] }).devices
    }
    await eventually('it is known', async () =>
      (await list('--unsent')).some((one) => one.device === device.id && one.leftCount === 7),
    )
    expect((await list('--silent', '1')).some((one) => one.device === device.id)).toBe(false)
    const { out } = await runPeek(['devices', 'list', '--attention', '--home', platform.home])
    expect(out.split('\n')[0]?.split(/\s{2,}/)).toEqual([
      'device',
      'app',
      'person',
      'unsent',
      'need a person',
      'announced',
      'acknowledged',
      'version',
      'last contact',
    ])
    const unknown = await runPeek(['devices', 'show', 'zzz', '--home', platform.home])
    expect(unknown.code).not.toBe(0)
    expect(unknown.err).toContain('There is no device whose id begins with "zzz"')
  },
  timeoutMs,
)

test(
  'one that will not come back is forgotten, as the log has it with who, why and what was on it',
  async () => {
    const device = connect()
    device.client.report({ ...figures, storage: newUuid() })
    const page = await openAdmin(`/devices/${device.id}`)
    await page.getByText('up to number 9').waitFor()
    // Not while it is connected, and that may be told by itself.
    await page.getByRole('button', { name: 'Forget …' }).waitFor({ state: 'detached' })
    device.close()
    await page.getByRole('button', { name: 'Forget …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('5 actions on it will not be missed').waitFor()
    await dialog.getByLabel('Reason').fill('It fell into the river.')
    await dialog.getByRole('button', { name: 'Forget' }).click()
    await page.getByText('is forgotten').waitFor()
    await page.getByRole('heading', { name: 'Devices', level: 1 }).waitFor()
    await eventually('it has gone', async () => (await rowOf(page, device).count()) === 0)
    const response = await page.request.get(`${platform.url('logic')}/api/events?limit=20&type=peek.DeviceForgotten`)
    const { events } = (await response.json()) as { events: { data: object }[] }
    expect(events[0]?.data).toMatchObject({
      ...{ device: device.id, reason: 'It fell into the river.' },
      apps: [{ app: 'field', user: 'guest', leftCount: 5 }],
    })
    await page.goto(`${platform.url('logic')}/devices/${device.id}`)
    await page.getByText('There is no such device').waitFor()
  },
  timeoutMs,
)

test(
  'both pages fit narrow and wide screens in both themes, and have nothing a screen reader stumbles over',
  async () => {
    const device = connect()
    device.client.report({ ...figures, storage: newUuid(), storageUsed: 5e6, storageQuota: 2e9 })
    await device.push('peek.AskForHelp', helpFields(device, 'It says that there is no such row, and I see it here.'))
    const page = await openAdmin('/devices', { colorScheme: 'light' })
    for (const path of ['/devices', `/devices/${device.id}`]) {
      await page.goto(`${platform.url('logic')}${path}`)
      await page.getByText('It says that there is no such row').waitFor()
      await page.getByText('Waits for its person').first().waitFor()
      for (const [width, colorScheme] of [
        [360, 'light'],
        [1280, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        const shots = process.env.PEEK_SHOTS
        if (shots)
          await page.screenshot({
            path: `${shots}/devices-${path.length}-${width}-${colorScheme}.png`,
            fullPage: true,
          })
        expect(await findFaults(page)).toEqual([])
      }
    }
  },
  timeoutMs,
)
