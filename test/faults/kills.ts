/**
 * Kills processes at random while people tap, and checks afterwards: nothing acknowledged is missing, nothing took
 * effect twice, each person's taps kept their order, and every open page came to the same state by itself.
 */
import { rmSync } from 'node:fs'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { connectDevice, type Device, type Watched } from '#support/device.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { checkHistory } from './check-history.ts'
import { addStringInt, startTapping, type Tapper } from './tapping.ts'

const targets = ['logic', 'field', 'office', 'event-store', 'postgres', 'supervisor'] as const
const rowCount = 6
const settleMs = 60_000
const answersBetweenKills = 20

export async function runKills(options: { runs: number; seed: number }): Promise<void> {
  const random = createSeededRandom(options.seed)
  const home = makeHome('peek-kills-')
  const environment = await freePorts()
  let platform: Platform = await startPlatform({ home, environment })
  const apps = ['field', 'office'] as const
  const url = { field: platform.url('field'), office: platform.url('office') }
  const watching = apps.map((app) => connectDevice(url[app], app))
  const pages = watching.map((device) => device.watch('tutorial.StringInt'))
  const tappers: Tapper[] = []
  const people: Device[] = []
  try {
    const rows = await addRows(url.field)
    for (const app of [...apps, ...apps]) {
      const device = connectDevice(url[app], app)
      people.push(device)
      tappers.push(startTapping({ device, rows, random: createSeededRandom(Math.floor(random() * 2 ** 31)) }))
    }
    for (let run = 1; run <= options.runs; run++) {
      await Bun.sleep(20 + random() * 400)
      const target = pickTarget(random)
      const startedAt = performance.now()
      platform = await kill(platform, target, { home, environment })
      const answeredBefore = answeredCount(tappers)
      // Mostly the platform gets back to work before the next blow; sometimes blows fall on one that is still down.
      if (random() < 0.7)
        await within(settleMs, someAnswers(tappers, answeredBefore + answersBetweenKills), 'taps are answered again')
      console.log(
        JSON.stringify({
          run,
          killed: target,
          answered: answeredCount(tappers),
          ms: Math.round(performance.now() - startedAt),
        }),
      )
    }
    for (const tapper of tappers) await within(settleMs, tapper.stop(), 'every tap is answered in the end')
    await Promise.all(
      pages.map((page, index) => within(settleMs, settle(page, tappers, rows), `page ${index} converges`)),
    )
    await checkHistory({ home, tappers, rows, pages })
    const taps = tappers.reduce((sum, tapper) => sum + tapper.taps.length, 0)
    console.log(JSON.stringify({ fault: 'kills', runs: options.runs, seed: options.seed, taps, lost: 0, doubled: 0 }))
  } finally {
    for (const device of [...watching, ...people]) device.close()
    await platform.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

function answeredCount(tappers: readonly Tapper[]): number {
  return tappers.reduce((sum, tapper) => sum + tapper.taps.filter((tap) => tap.answer).length, 0)
}

async function someAnswers(tappers: readonly Tapper[], count: number): Promise<void> {
  while (answeredCount(tappers) < count) await Bun.sleep(5)
}

/** The supervisor is killed less often: its return takes longest. */
function pickTarget(random: Random): (typeof targets)[number] {
  const target = pickOne(random, targets)
  return target === 'supervisor' && random() < 0.5 ? 'logic' : target
}

async function kill(
  platform: Platform,
  target: (typeof targets)[number],
  start: { home: string; environment: Record<string, string> },
): Promise<Platform> {
  if (target === 'supervisor') {
    await platform.killSupervisor()
    return startPlatform(start)
  }
  const { pid } = platform.part(target)
  if (pid === undefined) throw new Error(`up did not tell the process id of ${target}`)
  const back = platform.next('ready', target)
  process.kill(pid, 'SIGKILL')
  await within(settleMs, back, `${target} comes back`)
  return platform
}

async function addRows(url: string): Promise<string[]> {
  const device = connectDevice(url)
  const rows = await Promise.all(Array.from({ length: rowCount }, () => addStringInt(device)))
  device.close()
  return rows
}

function settle(page: Watched, tappers: readonly Tapper[], rows: readonly string[]): Promise<void> {
  const expected = (row: string): number =>
    tappers
      .flatMap((tapper) => tapper.taps)
      .reduce((sum, tap) => sum + (tap.row === row && tap.answer?.outcome === 'accepted' ? 1 : 0), 0)
  return page.until((shown) => rows.every((row) => shown.get(row)?.int1 === expected(row)))
}

export async function within<T>(deadlineMs: number, work: Promise<T>, claim: string): Promise<T> {
  const timer = AbortSignal.timeout(deadlineMs)
  const late = new Promise<never>((_, reject) => {
    timer.addEventListener('abort', () => reject(new Error(`Not within ${deadlineMs} ms: ${claim}.`)))
  })
  return Promise.race([work, late])
}
