/** The page of reactors in a real browser: what failed shows with its reason, and what is decided about it happens. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import type { Reactor } from '#reactor/reactor.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { openAdminPage } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { inEveryLook } from '#support/every-look.ts'
import { findFaults } from '#support/find-faults.ts'
import { createTellerRig, type TellerRig } from '#testing/teller-rig.ts'

const reader = { user: 'ann', password: 'correct horse' }

let browser: Browser
let desk: AdminDesk
let rig: TellerRig
let reactor: Reactor

beforeAll(async () => {
  browser = await launchBrowser()
})
beforeEach(async () => {
  await desk?.[Symbol.asyncDispose]()
  await rig?.stopAll()
  rig = createTellerRig()
  rig.react = (what) => {
    if (!what.startsWith('calm'))
      throw new Error('connect ECONNREFUSED 10.20.30.40:587, the mail server does not answer')
  }
  for (const id of ['oak-street', 'elm-street', 'calm']) await rig.record(id, 1)
  const definition = rig.define({ retry: { triesMax: 1 } })
  reactor = rig.start({ definition, clock: systemClock })
  await rig.until(() => reactor.status().deadCount === 2 && reactor.status().doneCount === 1)
  const control = createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] })
  desk = startAdminDesk({ ...reader, control, projections: [], reactors: [reactor] })
})
afterAll(async () => {
  await browser?.close()
  await desk?.[Symbol.asyncDispose]()
  await rig?.stopAll()
})

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, { ...reader, url: desk.url }, path)
const decisions = () => desk.store.streamOf('peek.Reactors-test.teller').map(({ type, data }) => [type, data.reason])

test('what needs somebody is on the first page; one is dropped, the rest is tried again, and the log says who and why', async () => {
  const page = await openAdmin('/')
  await page.getByRole('link', { name: /test\.teller/ }).click()
  const letters = page.getByTestId('dead-letters')
  await eventually('both are listed', async () => (await letters.getByRole('listitem').count()) === 2)
  const elm = letters.getByRole('listitem').filter({ hasText: 'elm-street' })
  await elm.getByText('the mail server does not answer').waitFor()
  await elm.getByText('tried once').waitFor()
  expect(await elm.getByRole('link').getAttribute('href')).toContain('/audit/events/')

  await elm.getByRole('button', { name: /^Drop/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('will never have the effects of test.teller').waitFor()
  await dialog.getByRole('button', { name: 'Drop', exact: true }).click()
  await dialog.getByText('Please say why').waitFor()
  await dialog.getByLabel('Reason').fill('nobody lives there')
  await dialog.getByRole('button', { name: 'Drop', exact: true }).click()
  await elm.waitFor({ state: 'detached' })

  rig.react = () => undefined
  await page.getByRole('button', { name: 'Try all again' }).click()
  await dialog.getByText('1 event of test.teller').waitFor()
  await dialog.getByLabel('Reason').fill('the server is back')
  await dialog.getByRole('button', { name: 'Try again', exact: true }).click()
  await letters.getByText('No dead letters').waitFor()
  await page.getByTestId('reactor-test.teller').getByText('2 events', { exact: true }).waitFor()
  expect(rig.done).toEqual(['calm 1', 'oak-street 1'])
  expect(decisions()).toEqual([
    ['peek.DeadLetterDropped', 'nobody lives there'],
    ['peek.DeadLetterRetried', 'the server is back'],
  ])
})

test('a decision that somebody else was quicker with is refused in words, and nothing typed is lost', async () => {
  const page = await openAdmin('/reactors?dead=test.teller')
  const oak = page.getByTestId('dead-letters').getByRole('listitem').filter({ hasText: 'oak-street' })
  await oak.getByRole('button', { name: /^Drop/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill('too late')
  const letters = await reactor.deadLetters({ after: null, countMax: 10 })
  await reactor.drop(letters.find(({ stream }) => stream.endsWith('oak-street'))?.eventId ?? '')
  await dialog.getByRole('button', { name: 'Drop', exact: true }).click()
  await dialog.getByText('somebody decided about it').waitFor()
  expect(await dialog.getByLabel('Reason').inputValue()).toBe('too late')
})

test('the page fits narrow and wide screens in both themes, and has nothing a screen reader stumbles over', async () => {
  const path = '/reactors?dead=test.teller'
  const page = await openAdmin(path)
  await inEveryLook(page, `${desk.url}${path}`, async () => {
    await page.getByTestId('dead-letters').getByRole('listitem').first().waitFor()
    expect(await findFaults(page)).toEqual([])
  })
})
