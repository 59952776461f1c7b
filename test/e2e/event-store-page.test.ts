/** The page of the event store in a real browser: what happens in the store shows, and what is done there happens in it. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  jsonEvent,
  KurrentDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@kurrent/kurrentdb-client'
import type { Browser, Page } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { inEveryLook } from '#support/every-look.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { untilListed } from '#support/until-listed.ts'

const startTimeoutMs = 120_000
const stream = 'shop.Order-1'
const group = 'mailer'

let platform: Platform
let browser: Browser
let client: KurrentDBClient

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  const stores = JSON.parse(readFileSync(join(platform.home, 'run/stores.json'), 'utf8'))
  client = KurrentDBClient.connectionString(stores.eventStore)
}, startTimeoutMs)

afterAll(async () => {
  await client?.dispose()
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, recoverySite(platform), path)

const append = (count: number) =>
  client.appendToStream(
    stream,
    Array.from({ length: count }, (_, index) => jsonEvent({ type: 'OrderPlaced', data: { index } })),
  )

/** The figure under this title, as a number. */
async function figure(page: Page, title: string): Promise<number> {
  const text = await page.getByTestId('store-figures').locator(`dt:text-is("${title}") + dd`).textContent()
  return Number(text?.replace(/\D/g, ''))
}

test('appends raise the count on the open page', async () => {
  const page = await openAdmin('/event-store')
  await page.getByTestId('store-state').getByText('Connected').waitFor()
  await eventually('the count of events is shown', async () => (await figure(page, 'Events')) > 0)
  const before = await figure(page, 'Events')
  await append(500)
  await eventually('the appends are counted', async () => (await figure(page, 'Events')) >= before + 500)
})

test('a parked message shows with its event and its reason, and is handled after its replay', async () => {
  await append(3)
  await client.createPersistentSubscriptionToStream(
    stream,
    group,
    persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' }),
  )
  let isForgiving = false
  const handled: number[] = []
  const consumer = client.subscribeToPersistentSubscriptionToStream(stream, group)
  consumer.on('data', (resolved) => {
    const revision = Number(resolved.event?.revision)
    if (revision === 2 && !isForgiving) return void consumer.nack('park', 'no such customer', resolved)
    handled.push(revision)
    void consumer.ack(resolved)
  })
  const page = await openAdmin('/')
  // What waits for somebody is on the first page, and leads to the list.
  await page.getByRole('link', { name: group }).click()
  const parked = page.getByTestId('parked-messages')
  await parked.getByText('no such customer').waitFor()
  await parked.getByRole('link', { name: `${stream}, revision 2` }).waitFor()

  isForgiving = true
  await parked.getByRole('button', { name: 'Replay' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Replay' }).click()
  await dialog.getByText('Please say why').waitFor()
  await dialog.getByLabel('Reason').fill('the customer exists now')
  await dialog.getByRole('button', { name: 'Replay' }).click()
  await eventually('the consumer has handled it', () => handled.includes(2))
  await parked.getByText('Nothing is parked').waitFor()
  await consumer.unsubscribe()
})

test('a scavenge runs to its end and a backup is made; who asked for them, and why, is in the log', async () => {
  await client.deleteStream(stream)
  const page = await openAdmin('/event-store')
  for (const [button, confirm] of [
    ['Start a scavenge', 'Start'],
    ['Back up now', 'Back up'],
  ] as const) {
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('the yearly tidying up')
    await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  const past = page.getByRole('list', { name: 'Last scavenges' }).getByRole('listitem').first()
  await past.getByText('Finished').waitFor()
  await past.getByText(/removed/).waitFor()
  await page.getByTestId('backup').getByText('Finished').waitFor()
  await page.goto(`${platform.url('logic')}/events?stream=peek.EventStore`)
  for (const type of ['peek.ParkedReplayRequested', 'peek.ScavengeRequested', 'peek.BackupRequested'])
    await untilListed(page, page.getByRole('listitem').filter({ hasText: type }).filter({ hasText: 'recovery' }))
})

test('the page fits narrow and wide screens in both themes, and has nothing a screen reader stumbles over', async () => {
  const path = `/event-store?parked=${encodeURIComponent(`${stream}::${group}`)}`
  const page = await openAdmin(path)
  await inEveryLook(page, `${platform.url('logic')}${path}`, async () => {
    await page.getByTestId('parked-messages').waitFor()
    expect(await findFaults(page)).toEqual([])
  })
})

test('while the store is away the page says so, and goes on by itself when it is back', async () => {
  const page = await openAdmin('/event-store')
  await page.getByTestId('store-state').getByText('Connected').waitFor()
  const { pid } = platform.part('event-store')
  process.kill(pid ?? 0, 'SIGSTOP')
  try {
    // Nothing answers, and nobody says goodbye: the pings notice.
    await page.getByTestId('store-state').getByText('Away').waitFor({ timeout: 45_000 })
    await page
      .getByRole('alert')
      .getByText(/is away/)
      .waitFor()
  } finally {
    process.kill(pid ?? 0, 'SIGCONT')
  }
  await page.getByTestId('store-state').getByText('Connected').waitFor({ timeout: 45_000 })
  await eventually('the figures are back', async () => (await figure(page, 'Events')) > 0)
}, 120_000)
