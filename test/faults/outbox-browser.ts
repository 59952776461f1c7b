/**
 * The outbox in a real browser, on the whole platform: a person taps in one or two tabs while the network goes and comes, tabs
 * and the browser are closed and opened again, and field and logic are killed. In the end what lies on the device is the
 * measure: each action that was kept there took effect once, and has its end.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { must } from '#kernel/assert.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { launchWithProfile } from '#support/chromium.ts'
import { connectDevice, type Watched } from '#support/device.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { within } from './kills.ts'
import { addStringInt } from './tapping.ts'

const blows = [
  'offline',
  'online',
  'reload',
  'close-tab',
  'open-tab',
  'close-browser',
  'kill-field',
  'kill-logic',
] as const
const stepsMax = 9
const tapsMax = 4
const drainedMsMax = 120_000
const showsMsMax = 60_000
const lookMs = 250

export async function runOutboxBrowser({ runs, seed }: { runs: number; seed: number }): Promise<void> {
  const random = createSeededRandom(seed)
  const home = makeHome('peek-outbox-browser-')
  const platform = await startPlatform({ home, environment: await freePorts() })
  const desk = connectDevice(platform.url('office'), 'office')
  const office = desk.watch('tutorial.StringInt')
  let tapCount = 0
  try {
    for (let run = 1; run <= runs; run++) {
      const startedAt = performance.now()
      const row = await addStringInt(desk)
      const { steps, kept } = await runOnce({ platform, row, office, random })
      tapCount += kept
      const ms = Math.round(performance.now() - startedAt)
      console.log(JSON.stringify({ run, steps, kept, ms }))
    }
    console.log(
      JSON.stringify({ fault: 'outbox-browser', runs, seed, actions: tapCount, lost: 0, doubled: 0, stuck: 0 }),
    )
  } finally {
    desk.close()
    await platform.stop()
    await rm(home, { recursive: true, force: true })
  }
}

type Run = {
  readonly platform: Platform
  readonly row: string
  readonly office: Watched
  readonly random: Random
}

async function runOnce({ platform, row, office, random }: Run) {
  const profile = await mkdtemp(join(tmpdir(), 'peek-outbox-browser-'))
  const device = await openDevice(profile, `${platform.url('field')}/p/tutorial`, row)
  const steps: string[] = []
  const returns = new Map<string, Promise<unknown>>()
  let tapped = 0
  try {
    await device.isKept()
    for (let step = 3 + Math.floor(random() * (stepsMax - 3)); step > 0; step--) {
      const blow = pickOne(random, blows)
      steps.push(blow)
      await strike(blow, { platform, device, random, returns })
      for (let tap = Math.floor(random() * (tapsMax + 1)); tap > 0; tap--) tapped += await device.tap(random)
    }
    await Promise.all(returns.values())
    await device.goOnline()
    const kept = await device.drained()
    if (kept !== tapped)
      throw new Error(`${tapped} taps were shown as kept, and ${kept} actions are on the device: ${steps}`)
    await within(
      showsMsMax,
      office.until((rows) => rows.get(row)?.int1 === kept),
      `the office shows ${kept}, found ${office.rows().get(row)?.int1}: ${steps}`,
    )
    return { steps, kept }
  } finally {
    await device.close()
    await rm(profile, { recursive: true, force: true })
  }
}

type Scene = {
  readonly platform: Platform
  readonly device: BrowserDevice
  readonly random: Random
  /** When each service that was killed is back. */
  readonly returns: Map<string, Promise<unknown>>
}

/** Resolves once the blow has fallen. */
async function strike(blow: (typeof blows)[number], { platform, device, random, returns }: Scene): Promise<void> {
  switch (blow) {
    case 'offline':
      await device.goOffline()
      return
    case 'online':
      await device.goOnline()
      return
    case 'reload':
      await device.reload(random)
      return
    case 'close-tab':
      await device.closeTab(random)
      return
    case 'open-tab':
      await device.openTab()
      return
    case 'close-browser':
      await device.restart()
      return
    case 'kill-field':
    case 'kill-logic': {
      const target = blow === 'kill-field' ? 'field' : 'logic'
      // Only what runs can be killed: the one before has to have brought it back.
      await returns.get(target)
      const back = platform.next('ready', target)
      process.kill(must(platform.part(target).pid, `up says which process ${target} is`), 'SIGKILL')
      returns.set(target, within(drainedMsMax, back, `${target} comes back`))
    }
  }
}

interface BrowserDevice {
  /** One tap, if the row is shown; how many actions more are on the device then. */
  tap(random: Random): Promise<number>
  goOffline(): Promise<void>
  goOnline(): Promise<void>
  reload(random: Random): Promise<void>
  openTab(): Promise<void>
  closeTab(random: Random): Promise<void>
  /** Closed and opened again, with what it keeps. */
  restart(): Promise<void>
  /** The app and its rows are on the device: it starts without a network from now on. */
  isKept(): Promise<void>
  /** Resolves when all that is on the device has its end; how many there are. */
  drained(): Promise<number>
  close(): Promise<void>
}

type Kept = { readonly state: string; readonly id: string }

/** A browser with a profile of its own, whose tabs show the field app. */
async function openDevice(profile: string, url: string, row: string): Promise<BrowserDevice> {
  const buttonOf = (page: Page) => page.getByTestId(`string-int-${row}`).getByTestId('increment')
  let isOffline = false
  let context = await launch()
  let tabs: Page[] = []
  await openTab()

  async function launch(): Promise<BrowserContext> {
    const launched = await launchWithProfile(profile)
    launched.setDefaultTimeout(showsMsMax)
    await launched.setOffline(isOffline)
    return launched
  }

  async function openTab(): Promise<void> {
    const page = await context.newPage()
    await page.goto(url)
    await buttonOf(page).waitFor()
    tabs.push(page)
  }

  const pick = (random: Random): Page => must(tabs[Math.floor(random() * tabs.length)], 'a tab is open')
  const keptOn = (page: Page): Promise<readonly Kept[]> => page.evaluate(readOutbox)

  return {
    tap: async (random) => {
      const page = pick(random)
      const before = (await keptOn(page)).length
      await buttonOf(page).click()
      for (;;) {
        const more = (await keptOn(page)).length - before
        if (more > 0) return more
        await Bun.sleep(20)
      }
    },
    goOffline: async () => {
      isOffline = true
      await context.setOffline(true)
    },
    goOnline: async () => {
      isOffline = false
      await context.setOffline(false)
    },
    reload: async (random) => {
      const page = pick(random)
      await page.reload()
      await buttonOf(page).waitFor()
    },
    openTab: async () => {
      if (tabs.length < 2) await openTab()
    },
    closeTab: async (random) => {
      if (tabs.length < 2) await openTab()
      const page = pick(random)
      tabs = tabs.filter((tab) => tab !== page)
      await page.close()
    },
    restart: async () => {
      await context.close()
      context = await launch()
      tabs = []
      await openTab()
    },
    isKept: async () => {
      const page = must(tabs[0], 'a tab is open')
      while (!(await page.evaluate(isAppKept))) await Bun.sleep(lookMs)
      // Rows are written a moment after they came, and this one may have come after others.
      while (!(await page.evaluate(isRowKept, row))) await Bun.sleep(lookMs)
    },
    drained: async () => {
      const giveUpAt = performance.now() + drainedMsMax
      for (;;) {
        const kept = await keptOn(must(tabs[0], 'a tab is open'))
        if (kept.every(({ state }) => state === 'accepted')) return kept.length
        if (performance.now() > giveUpAt) throw new Error(`Not all that was kept was accepted: ${JSON.stringify(kept)}`)
        await Bun.sleep(lookMs)
      }
    },
    close: () => context.close(),
  }
}

/** Runs in the page: what its database holds, whatever the app believes. */
async function readOutbox(): Promise<readonly Kept[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('peek.field.')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  try {
    return await new Promise<readonly Kept[]>((resolve, reject) => {
      const reading = database.transaction('outbox').objectStore('outbox').getAll()
      reading.onsuccess = () => resolve(reading.result.map(({ id, state }: Kept) => ({ id, state })))
      reading.onerror = () => reject(reading.error)
    })
  } finally {
    database.close()
  }
}

async function isRowKept(id: string): Promise<boolean> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('peek.field.')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const reading = database.transaction('blocks').objectStore('blocks').getAll()
      reading.onsuccess = () => resolve(reading.result.some(({ content }) => String(content).includes(id)))
      reading.onerror = () => reject(reading.error)
    })
  } finally {
    database.close()
  }
}

async function isAppKept(): Promise<boolean> {
  const state = await (await caches.open('peek.editions')).match('/~/state')
  const { current, waiting } = state ? await state.json() : {}
  return current !== undefined && waiting === undefined && navigator.serviceWorker.controller !== null
}
