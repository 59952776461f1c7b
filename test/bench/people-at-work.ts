/** The work of people on a list of many rows, and what each piece of it waited. */
import { connectDevice, type Device } from '#support/device.ts'
import { metStall, type Stall } from './disk-watch.ts'
import { sharedNowMs } from './figure.ts'

const liveActionsPerSecond = 200
const readPauseMs = 100
const readTimeoutMs = 10_000

export type Noticed = {
  /** When each was pushed, and how long its answer took. */
  readonly actions: readonly { readonly at: number; readonly ms: number }[]
  readonly readsMs: readonly number[]
  readonly reads: number
  readonly readsFailed: number
}

export type Workplace = {
  readonly devices: readonly Device[]
  /** Where somebody opens the screen again and again. */
  readonly office: string
  /** All rows of that screen. */
  readonly ids: readonly string[]
}

/** Until something is over: actions at an even pace, and a device that opens the screen anew. */
export async function workUntil(over: Promise<unknown>, { devices, office, ids }: Workplace): Promise<Noticed> {
  const actions: { at: number; ms: number }[] = []
  const readsMs: number[] = []
  let isOver = false
  let [reads, readsFailed] = [0, 0]
  void over.finally(() => (isOver = true)).catch(() => undefined)
  const reading = (async () => {
    const reader = connectDevice(office, 'office')
    for (; !isOver; reads++) {
      const askedAt = sharedNowMs()
      const watched = reader.watch('tutorial.StringInt')
      const isWhole = watched.until((rows) => rows.size >= ids.length).then(() => true)
      if (await Promise.race([isWhole, Bun.sleep(readTimeoutMs).then(() => false)]))
        readsMs.push(sharedNowMs() - askedAt)
      else readsFailed++
      watched.stop()
      await Bun.sleep(readPauseMs)
    }
    reader.close()
  })()
  const waiting = new Set<Promise<unknown>>()
  const begunAt = sharedNowMs()
  for (let pushed = 0; !isOver; pushed++) {
    const pauseMs = begunAt + (pushed / liveActionsPerSecond) * 1_000 - sharedNowMs()
    if (pauseMs > 0) await Bun.sleep(pauseMs)
    const pushedAt = sharedNowMs()
    const stringIntId = ids[(pushed * 7) % ids.length]
    const answered = devices[pushed % devices.length]
      ?.push('tutorial.AddIntValue', { stringIntId, offset: 1 })
      .then((answer) => {
        if (answer.outcome !== 'accepted') throw new Error(`an action was not accepted: ${JSON.stringify(answer)}`)
        actions.push({ at: pushedAt, ms: sharedNowMs() - pushedAt })
      })
    if (answered) waiting.add(answered.finally(() => waiting.delete(answered)))
  }
  await Promise.all([...waiting, reading])
  return { actions, readsMs, reads, readsFailed }
}

export function waitsOf({ actions }: Noticed): number[] {
  return actions.map(({ ms }) => ms)
}

/** Of those that met no stall of the disk. */
export function steadyWaitsOf({ actions }: Noticed, stalls: readonly Stall[]): number[] {
  return actions.filter((action) => !metStall(stalls, action)).map(({ ms }) => ms)
}

/** The slowest of each second, where it is slower than that. */
export function slowestBySecond(
  { actions }: Noticed,
  since: number,
  slowerThanMs: number,
): ReadonlyMap<number, number> {
  const worst = new Map<number, number>()
  for (const { at, ms } of actions) {
    if (ms <= slowerThanMs) continue
    const second = Math.floor((at - since) / 1_000)
    worst.set(second, Math.max(ms, worst.get(second) ?? 0))
  }
  return worst
}
