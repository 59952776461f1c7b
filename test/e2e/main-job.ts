/**
 * The main job in a real browser: a tap becomes an event, a row, and a changed screen, whatever dies in between.
 * The same scenario runs on the embedded stores and on stores started outside.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchBrowser } from '#support/chromium.ts'
import { findFaults } from '#support/find-faults.ts'
import { freePorts } from '#support/free-ports.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { untilListed } from '#support/until-listed.ts'

const oakStreet = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'
const riverside = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0003'
const startTimeoutMs = 120_000
const actionTimeoutMs = 30_000

export type MainJobOptions = {
  /** Environment of the platform, on top of free ports. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>
  readonly dispose?: () => Promise<void>
}

export function describeMainJob(name: string, options: MainJobOptions): void {
  describe(name, () => {
    let platform: Platform
    let browser: Browser

    beforeAll(async () => {
      platform = await startPlatform({ environment: { ...(await freePorts()), ...(await options.environment()) } })
      browser = await launchBrowser()
    }, startTimeoutMs)

    afterAll(async () => {
      await browser?.close()
      await platform?.[Symbol.asyncDispose]()
      await options.dispose?.()
    }, startTimeoutMs)

    async function openPage(url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
      const context = await browser.newContext(options)
      // Below a test's own limit: a page that lacks something fails its test and no other.
      context.setDefaultTimeout(actionTimeoutMs)
      const page = await context.newPage()
      await page.goto(url)
      return page
    }

    const openField = (path = '/p/tutorial'): Promise<Page> =>
      openPage(`${platform.url('field')}${path}`, {
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      })
    const openOffice = (path = '/p/tutorial'): Promise<Page> => openPage(`${platform.url('office')}${path}`)

    /** A page that hears no more patches, as one behind a bad line. */
    async function openStale(): Promise<Page> {
      const context = await browser.newContext()
      context.setDefaultTimeout(actionTimeoutMs)
      const page = await context.newPage()
      await page.routeWebSocket(/\/vortex$/, (socket) => {
        const server = socket.connectToServer()
        server.onMessage((message) => {
          if (!String(message).startsWith('{"k":"patch"')) socket.send(message)
        })
      })
      await page.goto(`${platform.url('office')}/p/tutorial`)
      return page
    }

    async function openAdmin(path: string): Promise<Page> {
      const page = await openPage(`${platform.url('logic')}${path}`)
      await page.getByLabel('User name').fill('recovery')
      await page.getByLabel('Password').fill(recoveryPassword())
      await page.getByRole('button', { name: 'Sign in' }).click()
      return page
    }

    function recoveryPassword(): string {
      const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
      return config.httpServer.admin.recoveryUser.password
    }

    const rowOf = (page: Page, id: string) => page.getByTestId(`string-int-${id}`)
    const intOf = async (page: Page, id: string): Promise<number> =>
      Number(await rowOf(page, id).getByTestId('int1').textContent())
    const showsInt = (page: Page, id: string, value: number): Promise<void> =>
      rowOf(page, id).getByTestId('int1').getByText(String(value), { exact: true }).waitFor()

    test('the main job: a tap on a field screen changes the office screen and the admin page without reload', async () => {
      const [field, office, admin] = await Promise.all([openField('/'), openOffice(), openAdmin('/projections')])
      await field
        .getByRole('link', { name: /Tutorial/ })
        .first()
        .tap()
      await rowOf(field, oakStreet).waitFor()
      const before = await intOf(office, oakStreet)
      const projection = admin.getByTestId('projection-tutorial.string-ints')
      await projection.waitFor()
      const shownBefore = await projection.textContent()

      await rowOf(field, oakStreet).getByTestId('increment').tap()
      await showsInt(office, oakStreet, before + 1)
      await showsInt(field, oakStreet, before + 1)
      await admin.waitForFunction(
        ([id, text]) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)?.textContent !== text,
        ['projection-tutorial.string-ints', shownBefore] as const,
      )
    })

    test('two people tap the same row at once: both taps count, and the audit page shows both, with who and when', async () => {
      const [one, two, admin] = await Promise.all([openField(), openOffice(), openAdmin('/audit')])
      const before = await intOf(one, riverside).catch(async () => {
        await rowOf(one, riverside).waitFor()
        return intOf(one, riverside)
      })
      await rowOf(two, riverside).waitFor()
      await Promise.all([
        rowOf(one, riverside).getByTestId('increment').tap(),
        rowOf(two, riverside).getByTestId('increment').click(),
      ])
      await Promise.all([showsInt(one, riverside, before + 2), showsInt(two, riverside, before + 2)])
      await admin.getByRole('button', { name: 'More fields' }).click()
      await admin.getByLabel('Stream begins with').fill(`tutorial.StringInt-${riverside}`)
      await admin.getByRole('button', { name: 'Search' }).click()
      // What was listed before stays until the answer comes, taps on other rows among it.
      const ofRow = admin.getByRole('listitem').filter({ hasText: riverside })
      const taps = ofRow.filter({ hasText: 'tutorial.AddIntValue' }).filter({ hasText: 'guest' })
      await untilListed(admin, taps.nth(1).locator('time'))
      const devices = new Set<string | null>()
      for (const tap of await taps.all()) devices.add(await tap.getByTestId('event-device').textContent())
      expect(devices.size).toBe(2)
    })

    test('a reload keeps the state, on the deep link as well', async () => {
      const page = await openOffice()
      await rowOf(page, oakStreet).waitFor()
      const before = await intOf(page, oakStreet)
      await rowOf(page, oakStreet).getByTestId('decrement').click()
      await showsInt(page, oakStreet, before - 1)
      // This page shows it before it is kept anywhere, that one when the server has it.
      await showsInt(await openOffice(), oakStreet, before - 1)
      await page.reload()
      await showsInt(page, oakStreet, before - 1)
    })

    test('S1: kill -9 of logic and of field: the open page says so, resumes by itself, and a tap meanwhile is not lost', async () => {
      const page = await openField()
      await rowOf(page, oakStreet).waitFor()
      const before = await intOf(page, oakStreet)
      for (const service of ['logic', 'field'] as const) {
        const back = platform.next('ready', service)
        const isSaid = page.getByTestId('connection-banner').waitFor()
        process.kill(platform.part(service).pid ?? 0, 'SIGKILL')
        await isSaid
        await rowOf(page, oakStreet).getByTestId('increment').tap()
        await back
        await page.getByTestId('connection-banner').waitFor({ state: 'detached' })
      }
      await showsInt(page, oakStreet, before + 2)
      await showsInt(await openOffice(), oakStreet, before + 2)
    })

    test('a refusal shows its reason next to the row, and what was typed stays', async () => {
      const page = await openAdmin('/p/tutorial')
      const row = rowOf(page, oakStreet)
      await row.getByTestId('offset').fill('1.5')
      await row.getByTestId('add-to-int').click()
      await row.getByTestId('refusal').getByText('whole number').waitFor()
      expect(await row.getByTestId('offset').inputValue()).toBe('1.5')

      await page.getByTestId('add-string1').fill('x'.repeat(201))
      await page.getByTestId('add-string-int').click()
      await page.getByText(/at most 200 characters/).waitFor()
    })

    test('a tap on a row that somebody deleted meanwhile is refused with its reason next to the row', async () => {
      const admin = await openAdmin('/p/tutorial')
      await admin.getByTestId('add-string1').fill('Short-lived')
      await admin.getByTestId('add-string-int').click()
      const row = admin.locator('[data-testid^="string-int-"]', { hasText: 'Short-lived' })
      await row.waitFor()
      // It is in the list before the server has it, and a page that hears no patches has to find it there.
      const shortLived = '[data-testid^="string-int-"]:has-text("Short-lived")'
      await (await openOffice()).locator(shortLived).waitFor()
      const stale = await openStale()
      const staleRow = stale.locator(shortLived)
      await staleRow.waitFor()
      await row.getByTestId('delete').click()
      await admin.getByRole('button', { name: 'Delete', exact: true }).click()
      await row.waitFor({ state: 'detached' })
      const field = await openField()
      await rowOf(field, oakStreet).waitFor()
      await field.getByText('Short-lived').waitFor({ state: 'detached' })
      await staleRow.getByTestId('increment').click()
      await staleRow
        .getByTestId('refusal')
        .getByText(/does not exist any more/)
        .waitFor()
    })

    test('the admin app asks for a login, refuses a wrong password, and takes the generated one', async () => {
      const page = await openPage(platform.url('logic'))
      await page.getByLabel('User name').fill('recovery')
      await page.getByLabel('Password').fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByTestId('login-error').getByText(/wrong/).waitFor()
      await page.getByLabel('Password').fill(recoveryPassword())
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('link', { name: 'Services' }).first().click()
      for (const service of ['logic', 'field', 'office', 'agent', 'worker'])
        await page
          .getByRole('list', { name: 'Services' })
          .getByRole('heading', { name: new RegExp(service) })
          .first()
          .waitFor()
    })

    test('a rebuild from the admin page is proved and swapped in; the open screen keeps its rows and takes taps meanwhile', async () => {
      const office = await openOffice()
      await rowOf(office, oakStreet).waitFor()
      const before = await intOf(office, oakStreet)
      await office.evaluate((testId) => {
        const row = document.querySelector(`[data-testid="${testId}"]`)
        const list = row?.parentElement
        if (!list) throw new Error('no list to watch')
        const watching = new MutationObserver((changes) => {
          const isGone = changes.some(({ removedNodes }) => [...removedNodes].includes(row))
          if (isGone) list.dataset.flickered = 'true'
        })
        watching.observe(list, { childList: true })
      }, `string-int-${oakStreet}`)

      const admin = await openAdmin('/projections')
      await admin.getByRole('button', { name: 'Rebuild tutorial.string-ints' }).click()
      const dialog = admin.getByRole('dialog')
      await dialog.getByText('tutorial.StringInt', { exact: true }).waitFor()
      await dialog.getByLabel('Reason').fill('to see that nobody notices')
      await dialog.getByRole('button', { name: 'Rebuild', exact: true }).click()
      await rowOf(office, oakStreet).getByTestId('increment').click()
      // Whoever goes away sooner takes the question back.
      await dialog.waitFor({ state: 'detached' })
      await admin.goto(`${platform.url('logic')}/projections/tutorial/string-ints`)
      const rebuild = admin.getByTestId('rebuild')
      await rebuild.getByText(/swapped in \d+ ms/).waitFor({ timeout: 60_000 })
      await rebuild.getByTestId('proof').getByText('Equal').waitFor()
      await rowOf(office, oakStreet).getByTestId('increment').click()
      await showsInt(office, oakStreet, before + 2)
      expect(await office.locator('[data-flickered]').count()).toBe(0)
      const decisions = admin.getByRole('list', { name: 'Decisions' }).getByRole('listitem')
      await decisions.filter({ hasText: 'to see that nobody notices' }).getByText('recovery').waitFor()

      await admin.getByRole('button', { name: /^Return to version/ }).click()
      await dialog.getByLabel('Reason').fill('to see it taken back')
      await dialog.getByRole('button', { name: /^Return to version/ }).click()
      await admin
        .getByRole('list', { name: 'Past rebuilds' })
        .getByText(/^Return to version/)
        .waitFor({ timeout: 60_000 })
      await showsInt(office, oakStreet, before + 2)
      expect(await office.locator('[data-flickered]').count()).toBe(0)
    }, 150_000)

    test('reset and replay from the admin page gives the same rows again', async () => {
      const office = await openOffice()
      await rowOf(office, oakStreet).waitFor()
      const before = await intOf(office, oakStreet)
      const admin = await openAdmin('/projections/tutorial/string-ints')
      await admin.getByRole('button', { name: 'Reset and replay …' }).click()
      await admin.getByLabel('Reason').fill('to see it come back')
      await admin.getByRole('button', { name: 'Reset and replay', exact: true }).click()
      await admin.getByRole('dialog').waitFor({ state: 'detached' })
      await admin.getByTestId('projection-tutorial.string-ints').getByText('Live').waitFor()
      await showsInt(office, oakStreet, before)
    })

    test('a plugin screen that cannot be loaded names its plugin, leaves the app as it is, and can be tried again', async () => {
      // A kept app has the screen on the device already.
      const page = await openPage(`${platform.url('office')}/`, { serviceWorkers: 'block' })
      await page.route(/string-ints.*\.js/, (route) => route.abort())
      const toTutorial = page.getByRole('link', { name: /Tutorial/ }).first()
      await toTutorial.click()
      await page.getByText('Tutorial ran into a problem').waitFor()
      await page.getByTestId('connection').getByText('Online').waitFor({ state: 'attached' })
      await page.unrouteAll()
      await page.getByRole('button', { name: 'Try again' }).click()
      await rowOf(page, oakStreet).waitFor()
    })

    test('by keyboard alone: a question holds the focus and gives it back, and so does renaming', async () => {
      const page = await openAdmin('/p/tutorial')
      const row = rowOf(page, riverside)
      const hasFocus = async (locator: Locator): Promise<void> => {
        const element = await locator.elementHandle()
        await page.waitForFunction((expected) => document.activeElement === expected, element)
      }
      await row.getByTestId('delete').focus()
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog')
      await hasFocus(dialog.getByRole('button', { name: 'Cancel' }))
      for (const name of ['Delete', 'Close', 'Cancel']) {
        await page.keyboard.press('Tab')
        await hasFocus(dialog.getByRole('button', { name, exact: true }))
      }
      await page.keyboard.press('Escape')
      await hasFocus(row.getByTestId('delete'))

      await row.getByTestId('rename').focus()
      await page.keyboard.press('Enter')
      await hasFocus(row.getByTestId('rename-input'))
      await page.keyboard.press('Escape')
      await hasFocus(row.getByTestId('rename'))
    })

    test('an action that waits for its answer is marked on its row until it has one', async () => {
      const page = await openField()
      await rowOf(page, oakStreet).waitFor()
      const before = await intOf(page, oakStreet)
      const pid = platform.part('logic').pid ?? 0
      process.kill(pid, 'SIGSTOP')
      try {
        await rowOf(page, oakStreet).getByTestId('increment').tap()
        await rowOf(page, oakStreet).getByText('Sending', { exact: true }).waitFor()
        await showsInt(page, oakStreet, before + 1)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      await showsInt(page, oakStreet, before + 1)
      await rowOf(page, oakStreet).getByText('Sending', { exact: true }).waitFor({ state: 'detached' })
    })

    test('pages for unknown addresses say so, and lead home', async () => {
      const page = await openOffice('/nowhere/at/all')
      await page.getByRole('link', { name: /home/i }).first().click()
      await page
        .getByRole('link', { name: /Tutorial/ })
        .first()
        .waitFor()
    })

    test('V1: two tabs of one browser share one websocket, and go on when the leading tab closes', async () => {
      const first = await openOffice()
      await rowOf(first, riverside).waitFor()
      const second = await first.context().newPage()
      await second.goto(`${platform.url('office')}/p/tutorial`)
      await rowOf(second, riverside).waitFor()
      const before = await intOf(second, riverside)
      await first.close()
      await rowOf(second, riverside).getByTestId('increment').click()
      await showsInt(second, riverside, before + 1)
    })

    test('screens are usable with a screen reader: no findings on field, office and admin pages', async () => {
      const pages = await Promise.all([
        openField('/'),
        openField(),
        openOffice('/'),
        openOffice(),
        openAdmin('/projections'),
        openAdmin('/p/tutorial'),
      ])
      await Promise.all(
        pages.map((page) => page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' })),
      )
      for (const page of pages) {
        expect(await findFaults(page), page.url()).toEqual([])
      }
    }, 120_000)
  })
}
