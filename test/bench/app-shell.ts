/**
 * What it costs to keep an app on the device, and what it gives, in a real browser with a processor four times slower: the
 * first visit beside one where nothing is kept, and a start without a network beside one from a server on this machine
 * with the browser's own cache warm.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { type AppBuild, startAppServer } from '#support/app-server.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { median, printFigure } from './figure.ts'

const build: AppBuild = { name: 'one', shell: '1', plugins: ['lines', 'poles'] }
const cpuSlowdown = 4
const roundCount = 7
type Kept = 'kept' | 'none'

const folder = await mkdtemp(join(tmpdir(), 'peek-bench-app-shell-'))
const server = await startAppServer(folder)
const browser = await launchBrowser()

/** Until a screen of a plugin is made, by the page's own clock. */
async function start(context: BrowserContext): Promise<number> {
  for (const page of context.pages()) await page.close()
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpuSlowdown })
  await page.goto(`${server.url}/p/lines`, { waitUntil: 'commit' })
  await page.getByText('lines of one').waitFor()
  const lengthMs = await page.evaluate(() => performance.getEntriesByName('screen')[0]?.startTime ?? Number.NaN)
  return lengthMs
}

async function visit(kept: Kept) {
  await server.serve(build, kept)
  server.takeSentBytes()
  const context = await browser.newContext()
  const firstMs = await start(context)
  if (kept === 'kept')
    await eventually('the app is on the device', async () => {
      const [page] = context.pages()
      return (await page?.evaluate(async () => (await caches.match('/~/edition')) !== undefined)) ?? false
    })
  const firstBytes = server.takeSentBytes()
  const againMs = await start(context)
  await context.setOffline(true)
  const offlineMs = kept === 'kept' ? await start(context) : Number.NaN
  await context.close()
  return { firstMs, firstBytes, againMs, offlineMs }
}

try {
  await visit('none')
  const rounds: Record<Kept, Awaited<ReturnType<typeof visit>>[]> = { kept: [], none: [] }
  for (let round = 0; round < roundCount; round++)
    for (const kept of ['kept', 'none'] as const) rounds[kept].push(await visit(kept))
  const of = (kept: Kept, name: 'firstMs' | 'firstBytes' | 'againMs' | 'offlineMs') =>
    median(rounds[kept].map((one) => one[name]))
  const bench = 'app-shell'
  const beside = { first: 'first visit, nothing kept', again: 'next visit, nothing kept, warm cache of the browser' }
  const figures = [
    ['first-visit', of('kept', 'firstMs'), 'ms', of('none', 'firstMs'), beside.first],
    ['first-visit-traffic', of('kept', 'firstBytes'), 'bytes', of('none', 'firstBytes'), beside.first],
    ['next-visit', of('kept', 'againMs'), 'ms', of('none', 'againMs'), beside.again],
    ['offline-start', of('kept', 'offlineMs'), 'ms', of('none', 'againMs'), beside.again],
  ] as const
  for (const [metric, value, unit, reference, referenceName] of figures)
    printFigure({ bench, metric, value, unit, reference, referenceName })
} finally {
  await browser.close()
  server[Symbol.dispose]()
  await rm(folder, { recursive: true, force: true })
}
