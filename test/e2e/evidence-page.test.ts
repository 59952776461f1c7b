/** The page of the hash chain in a real browser, and the command beside it: both see what somebody altered. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 120_000
let platform: Platform
let browser: Browser

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
}, startTimeoutMs)
afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

test('says that all chained events are as they were, and what is not, as the command does', async () => {
  const page = await openEvidence()
  await page.getByText('events chained').waitFor()
  await page.getByRole('button', { name: 'Verify now' }).click()
  await page.getByText('are as they were when they were chained').waitFor()
  expect(await findFaults(page)).toEqual([])
  expect(verifyByCommand()).toMatchObject({ exitCode: 0, findings: [] })

  leaveOtherAnchor()
  await page.getByRole('button', { name: 'Verify now' }).click()
  await page.getByText('The log is not what it was').waitFor()
  await page.getByText(/anchor: The anchor of 2026-01-01T00:00:00.000Z over 1 events says another hash/).waitFor()
  expect(await findFaults(page)).toEqual([])
  const { exitCode, findings } = verifyByCommand()
  expect([exitCode, findings.map(({ kind }) => kind)]).toEqual([1, ['anchor']])
}, 120_000)

const openEvidence = (): Promise<Page> =>
  openAdminPage(browser, recoverySite(platform), '/evidence', {
    viewport: { width: 360, height: 800 },
    actionTimeoutMs: 30_000,
  })

/** A copy of the anchors that says another hash than log and chain do: as if both had been altered since. */
function leaveOtherAnchor(): void {
  const anchor = { eventCount: 1, position: '0'.repeat(20), hash: 'ab'.repeat(32), at: '2026-01-01T00:00:00.000Z' }
  const folder = join(platform.home, 'logic/evidence')
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, 'anchors.ndjson'), `${JSON.stringify(anchor)}\n`)
}

function verifyByCommand(): { exitCode: number; findings: readonly { readonly kind: string }[] } {
  const entry = join(projectFolder, 'src/cli/main.ts')
  const ran = Bun.spawnSync([process.execPath, entry, 'audit', 'verify', '--json', '--home', platform.home])
  return { exitCode: ran.exitCode, findings: JSON.parse(ran.stdout.toString()).findings }
}
