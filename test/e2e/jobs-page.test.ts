/** The pages of jobs in a real browser: what waits, runs and failed shows, and what is decided about it happens. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { JobDetails } from '#job/job-control.ts'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { openAdminPage } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { inEveryLook } from '#support/every-look.ts'
import { createFakeJobs, type FakeJobs } from '#support/fake-job-control.ts'
import { findFaults } from '#support/find-faults.ts'

const reader = { user: 'ann', password: 'correct horse' }

let browser: Browser
let desk: AdminDesk
let fake: FakeJobs
let running: JobDetails
let parked: JobDetails

beforeAll(async () => {
  browser = await launchBrowser()
})
beforeEach(async () => {
  await desk?.[Symbol.asyncDispose]()
  fake = createFakeJobs()
  const now = Date.now()
  fake.queue('inbox.SendMail', {
    succeededCount: 1_204,
    succeededPerMinute: 42,
    tookMsMean: 830,
    oldestAt: now - 95_000,
  })
  fake.queue('tutorial.NegateNumber', {
    schedule: 'every 5 s',
    nextAt: now + 3_600_000,
    concurrencyMax: 2,
    succeededCount: 17_280,
  })
  running = fake.add({
    stage: 'leased',
    key: 'storm report',
    workerName: 'worker-1',
    tryCount: 2,
    begunCount: 2,
    startedAt: now - 20_000,
    share: 0.25,
    words: 'Writing page 3 of 12',
  })
  parked = fake.add({
    stage: 'parked',
    key: 'broken report',
    tryCount: 5,
    begunCount: 5,
    endedAt: now - 5_000,
    error: 'All 5 tries failed, the last one: connect ECONNREFUSED 10.20.30.40:587, the mail server does not answer',
    tries: [
      {
        lease: 'lease-2',
        tryNumber: 2,
        workerName: 'worker-2',
        startedAt: now - 9_000,
        endedAt: now - 5_000,
        outcome: 'threw',
        error: 'connect ECONNREFUSED 10.20.30.40:587, the mail server does not answer',
        lines: [
          { at: now - 8_990, level: 'info', words: 'connecting to mail.example.org' },
          { at: now - 5_010, level: 'warning', words: 'no answer, giving up' },
        ],
        droppedLineCount: 3,
      },
    ],
  })
  fake.add({
    stage: 'parked',
    key: 'other report',
    error: 'the address is empty',
    endedAt: now - 60_000,
    begunCount: 1,
  })
  fake.add({ stage: 'waiting', key: 'next report' })
  fake.add({ stage: 'waiting', key: 'night report', notBefore: now + 7_200_000 })
  fake.add({ stage: 'succeeded', key: 'old report', output: { sent: true }, endedAt: now - 600_000, begunCount: 1 })
  const control = createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] })
  desk = startAdminDesk({ ...reader, control, projections: [], jobs: () => fake })
})
afterAll(async () => {
  await browser?.close()
  await desk?.[Symbol.asyncDispose]()
})

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, { ...reader, url: desk.url }, path)
const decisions = () => desk.store.log.map(({ type, data }) => [type, data.job, data.reason])

test('what needs somebody is on the first page; a parked job shows why, and is tried again', async () => {
  const page = await openAdmin('/')
  await page.getByRole('link', { name: 'inbox.SendMail' }).click()
  const list = page.getByTestId('job-list')
  await list.getByText('the mail server does not answer').waitFor()
  await page.getByTestId(`job-${parked.jobId}`).getByRole('link', { name: 'inbox.SendMail' }).click()
  await page.getByTestId('try-lease-2').getByText('no answer, giving up').waitFor()
  await page.getByText('without 3 earlier lines').waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('may be done a second time').waitFor()
  await dialog.getByRole('button', { name: 'Try again', exact: true }).click()
  await dialog.getByText('Please say why').waitFor()
  await dialog.getByLabel('Reason').fill('the server is back')
  await dialog.getByRole('button', { name: 'Try again', exact: true }).click()
  await page.getByText('Waiting', { exact: true }).waitFor()
  expect(fake.decided).toEqual(['retry broken report by ann: the server is back'])
})

test('what runs is shown live with its progress, and cancelled where it stands', async () => {
  const page = await openAdmin('/jobs')
  const row = page.getByTestId(`running-${running.jobId}`)
  await row.getByText('Writing page 3 of 12').waitFor()
  expect(await row.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25')
  fake.change(running.jobId, { share: 0.75, words: 'Writing page 9 of 12' })
  await row.getByText('Writing page 9 of 12').waitFor()
  expect(await row.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('75')
  await row.getByRole('button', { name: /^Cancel/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('What it did so far stays done').waitFor()
  await dialog.getByLabel('Reason').fill('wrong numbers')
  await dialog.getByRole('button', { name: 'Cancel job' }).click()
  await row.waitFor({ state: 'detached' })
  await page.getByText('Nothing runs just now').waitFor()
  expect(fake.decided).toEqual(['cancel storm report by ann: wrong numbers'])
})

test('a queue is paused and goes on, one more of a schedule is run, and the log says who and why', async () => {
  const page = await openAdmin('/jobs')
  const queue = page.getByTestId('queue-tutorial.NegateNumber')
  const dialog = page.getByRole('dialog')
  await queue.getByRole('button', { name: /^Pause/ }).click()
  await dialog.getByText('its schedule submits nothing').waitFor()
  await dialog.getByLabel('Reason').fill('maintenance')
  await dialog.getByRole('button', { name: 'Pause', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  fake.queue('tutorial.NegateNumber', { isPaused: true, pausedBy: 'ann', pausedReason: 'maintenance' })
  await queue.getByText('Paused by ann: maintenance').waitFor()
  await queue.getByRole('button', { name: /^Resume/ }).click()
  await dialog.getByLabel('Reason').fill('done')
  await dialog.getByRole('button', { name: 'Resume', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await queue.getByRole('button', { name: /^Run/ }).click()
  await dialog.getByLabel('Reason').fill('to see')
  await dialog.getByRole('button', { name: 'Run now', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(decisions()).toEqual([
    ['peek.JobQueuePaused', 'tutorial.NegateNumber', 'maintenance'],
    ['peek.JobQueueResumed', 'tutorial.NegateNumber', 'done'],
    ['peek.JobRunRequested', 'tutorial.NegateNumber', 'to see'],
  ])
  expect(fake.decided).toEqual(['run tutorial.NegateNumber by ann: to see'])
})

test('all parked jobs of a queue are tried again at once, and one that waits for its time is run now', async () => {
  const page = await openAdmin('/jobs?list=parked&queue=inbox.SendMail')
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Try all again' }).click()
  await dialog.getByText('2 parked jobs begin again').waitFor()
  await dialog.getByLabel('Reason').fill('mended')
  await dialog.getByRole('button', { name: 'Try all again' }).click()
  await page.getByText('No parked jobs').waitFor()
  await page.getByRole('link', { name: 'Scheduled 1' }).click()
  await page.getByRole('button', { name: /^Run now: .*night report/ }).click()
  await dialog.getByLabel('Reason').fill('needed today')
  await dialog.getByRole('button', { name: 'Run now', exact: true }).click()
  await page.getByText('No job waits for its time').waitFor()
  expect(fake.decided).toEqual([
    'retry all of inbox.SendMail by ann: mended',
    'bring forward night report by ann: needed today',
  ])
})

test('a job that nobody knows is said to be none', async () => {
  const page = await openAdmin('/jobs/9e107d9d-0000-4000-8000-000000000000')
  await page.getByText('There is no such job').waitFor()
})

test('the pages fit narrow and wide screens in both themes, and have nothing a screen reader stumbles over', async () => {
  const page = await openAdmin('/jobs')
  for (const [path, words] of [
    ['/jobs', 'Writing page 3 of 12'],
    ['/jobs?list=parked', 'does not answer'],
    [`/jobs/${parked.jobId}`, 'does not answer'],
  ] as const)
    await inEveryLook(page, `${desk.url}${path}`, async (name) => {
      await page.getByText(words).first().waitFor()
      const shots = process.env.PEEK_SCREENSHOTS
      const shot = `${path.replaceAll(/\W+/g, '-').slice(0, 20)}-${name}`
      if (shots) await page.screenshot({ path: `${shots}/${shot}.png`, fullPage: true })
      expect(await findFaults(page)).toEqual([])
    })
}, 150_000)
