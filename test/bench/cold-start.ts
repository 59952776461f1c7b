/**
 * The app is started without a network on a slow machine (CPU at a quarter, by the browser's own throttle): from the navigation
 * to the first row on the screen, each time in a browser that has just begun. The device keeps 100,000 tuples of 200 selectors
 * besides the one that is looked at. The reference is the same start with that one alone.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchWithProfile } from '#support/chromium.ts'
import { connectDevice } from '#support/device.ts'
import { startPlatform } from '#support/platform.ts'
import { within } from '../faults/kills.ts'
import { addStringInt } from '../faults/tapping.ts'
import { median, printFigure } from './figure.ts'

const rowCount = 50
const selectorCount = 200
const rowsEach = 500
const starts = 9
const throttling = 4
const lookMs = 250
const startMsMax = 60_000

const profile = await mkdtemp(join(tmpdir(), 'peek-cold-start-'))
const platform = await startPlatform()
const url = `${platform.url('field')}/p/tutorial`
const row = '[data-testid^="string-int-"]'

async function prepare(): Promise<void> {
  const device = connectDevice(platform.url('field'))
  for (let index = 0; index < rowCount; index++) await addStringInt(device, `row ${index}`)
  device.close()
  const context = await launchWithProfile(profile)
  const page = await context.newPage()
  await page.goto(url)
  await page
    .locator(row)
    .nth(rowCount - 1)
    .waitFor()
  while (!(await page.evaluate(isAppKept))) await Bun.sleep(lookMs)
  while ((await page.evaluate(countBlocks)) === 0) await Bun.sleep(lookMs)
  await context.close()
}

async function fill(): Promise<number> {
  const context = await launchWithProfile(profile)
  await context.setOffline(true)
  const page = await context.newPage()
  await page.goto(url)
  await page.locator(row).first().waitFor()
  const count = await page.evaluate(fillCache, { selectorCount, rowsEach })
  await context.close()
  return count
}

/** From the navigation to the first row, in milliseconds. */
async function start(): Promise<number> {
  const context = await launchWithProfile(profile)
  try {
    await context.setOffline(true)
    const page = await context.newPage()
    await page.addInitScript(noteFirstRow, row)
    const session = await context.newCDPSession(page)
    const drawn = new Promise<number>((resolve) => {
      session.once('Runtime.bindingCalled', ({ payload }) => resolve(Number(payload)))
    })
    // The page says so itself: code put into it to ask again and again is compiled at a quarter of the speed too.
    await session.send('Runtime.enable')
    await session.send('Runtime.addBinding', { name: 'peekFirstRow' })
    await session.send('Emulation.setCPUThrottlingRate', { rate: throttling })
    await page.goto(url, { waitUntil: 'commit' })
    return await within(startMsMax, drawn, 'the first row is drawn')
  } finally {
    await context.close()
  }
}

async function measure(): Promise<number> {
  const all: number[] = []
  // The first one only warms the machine's caches of files.
  for (let index = 0; index <= starts; index++) all.push(await start())
  return median(all.slice(1))
}

try {
  await prepare()
  const reference = await measure()
  const tuples = await fill()
  const value = await measure()
  printFigure({
    bench: 'cold-start',
    metric: `first_row_ms_with_${tuples}_tuples`,
    unit: 'ms',
    value,
    reference,
    referenceName: `the same start with the ${rowCount} rows of the screen alone`,
  })
} finally {
  await platform[Symbol.asyncDispose]()
  await rm(profile, { recursive: true, force: true })
}
process.exit(0)

/** Runs in the page, before anything else does; says when the frame with the first row has been drawn. */
function noteFirstRow(selector: string): void {
  const watcher = new MutationObserver(() => {
    if (!document.querySelector(selector)) return
    watcher.disconnect()
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => Reflect.get(window, 'peekFirstRow')(String(performance.now()))
      // The frame's layout and paint come before the next message.
      port2.postMessage(undefined)
    })
  })
  watcher.observe(document, { childList: true, subtree: true })
}

async function isAppKept(): Promise<boolean> {
  const state = await (await caches.open('peek.editions')).match('/~/state')
  const { current, waiting } = state ? await state.json() : {}
  return current !== undefined && waiting === undefined && navigator.serviceWorker.controller !== null
}

async function countBlocks(): Promise<number> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('peek.field.')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  const count = await new Promise<number>((resolve, reject) => {
    const counting = database.transaction('blocks').objectStore('blocks').count()
    counting.onsuccess = () => resolve(counting.result)
    counting.onerror = () => reject(counting.error)
  })
  database.close()
  return count
}

/** Writes what the app would, for selectors that nobody looks at: heads like the one there is, and a block of rows each. */
async function fillCache(size: { selectorCount: number; rowsEach: number }): Promise<number> {
  const ask = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const database = await ask(indexedDB.open('peek.field.'))
  const [key] = await ask(database.transaction('heads').objectStore('heads').getAllKeys())
  const head = await ask(
    database
      .transaction('heads')
      .objectStore('heads')
      .get(key ?? ''),
  )
  const [block] = await ask(database.transaction('blocks').objectStore('blocks').getAll())
  const { fields, values } = JSON.parse(block.content) as { fields: string[]; values: unknown[][] }
  const content = JSON.stringify({
    fields,
    values: Array.from({ length: size.rowsEach }, (_, index) => values[index % values.length]),
  })
  for (let index = 0; index < size.selectorCount; index++) {
    const entry = `${String(key)}#${index}`
    const writing = database.transaction(['heads', 'blocks'], 'readwrite')
    writing.objectStore('heads').put(head, entry)
    writing.objectStore('blocks').put({ ...block, entry, content })
    await new Promise((resolve) => {
      writing.oncomplete = resolve
    })
  }
  database.close()
  return size.selectorCount * size.rowsEach
}
