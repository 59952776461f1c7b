import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { Checked, DownHead, RowsHead } from '../protocol/down.ts'
import { parsePatches, parseRows } from '../protocol/parse-body.ts'
import { outboxVersion } from '../protocol/protocol-version.ts'
import type { Selector, SelectorPatch } from '../protocol/row.ts'
import type { UpHead } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'
import type { ClientStats } from './client-stats.ts'
import type { ObserveFrom, Observer } from './vortex-client.ts'

/**
 * The observations of one client, made again with their last token on every new connection (V3).
 *
 * Promises: an observer hears rows and patches in the order of the wire; all patches of one frame are applied within one
 * call of `batch` (V8); trouble that is not final is met with another try, spread and ever slower. What was refused for
 * good is asked for again only on the next connection, whose service may know better. An observer that wants to be checked
 * is, soon after it went on from what it had, and every now and then, never all at once.
 */
export interface ObservationKeeper {
  observe(name: string, selector: Selector, observer: Observer, from?: ObserveFrom): () => void
  onRows(head: RowsHead, body: string): void
  onResumed(head: DownHead & { k: 'resumed' }): void
  onChecked(head: Checked): void
  onPatch(body: string): void
  onTrouble(obs: number, error: WireError, final: boolean): void
  /** `version` of the protocol: what the server does not know is not sent. */
  onOnline(version: number): void
  onOffline(): void
  close(): void
}

export type ObservationKeeperOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly stats: ClientStats
  batch(work: () => void): void
  send(head: UpHead): boolean
}

type Kept = {
  readonly obs: number
  readonly name: string
  readonly selector: Selector
  readonly observer: Observer
  from: ObserveFrom | undefined
  attempt: number
  cancelRetry: () => void
  cancelCheck: () => void
}

const firstRetryMs = 1_000
const maxRetryMs = 30_000
/** After going on from what was there, and from then on: somewhere in the second half of these. */
const firstCheckMs = 20_000
const checkMs = 600_000

export function createObservationKeeper(options: ObservationKeeperOptions): ObservationKeeper {
  const { clock, log, random, stats } = options
  const kept = new Map<number, Kept>()
  /** Which observations a selector number of this connection feeds. */
  const bySelector = new Map<number, Set<Kept>>()
  let nextObservation = 1
  let version = 0

  return { observe, onRows, onResumed, onChecked, onPatch, onTrouble, onOnline, onOffline, close }

  function observe(name: string, selector: Selector, observer: Observer, from?: ObserveFrom): () => void {
    const obs = nextObservation++
    const nothing = () => undefined
    const one: Kept = { obs, name, selector, observer, from, attempt: 0, cancelRetry: nothing, cancelCheck: nothing }
    kept.set(obs, one)
    ask(one)
    return () => {
      if (!kept.delete(obs)) return
      one.cancelRetry()
      disconnect(one)
      options.send({ k: 'unobserve', obs })
    }
  }

  function ask({ obs, name, selector, observer, from }: Kept): void {
    const hash = from && version >= outboxVersion ? observer.hash?.() : undefined
    const place = { ...(from && { token: from.token }), ...(hash !== undefined && { hash }) }
    options.send({ k: 'observe', obs, name, selector, ...place })
  }

  function onRows({ obs, sel, token, position, keyedBy, orderBy }: RowsHead, body: string): void {
    const one = kept.get(obs)
    if (one === undefined) return
    const rows = parseRows(body)
    if (!rows.ok) return complain(rows.words)
    connect(one, sel, checkMs)
    one.from = { token, position }
    tell(one, (observer) => observer.rows({ rows: rows.value, token, position, keyedBy, orderBy }))
  }

  function onResumed({ obs, sel, token, position }: DownHead & { k: 'resumed' }): void {
    const one = kept.get(obs)
    if (one === undefined) return
    const at = token === undefined || position === undefined ? undefined : { token, position }
    connect(one, sel, at ? checkMs : firstCheckMs)
    one.from = at ?? one.from
    tell(one, (observer) => observer.resumed(at))
  }

  function onChecked({ obs, position, hash, count }: Checked): void {
    const one = kept.get(obs)
    if (one) tell(one, (observer) => observer.checked?.({ position, hash, count }))
  }

  function checkLater(one: Kept, withinMs: number): void {
    one.cancelCheck()
    if (one.observer.checked === undefined || version < outboxVersion) return
    one.cancelCheck = clock.after(withinMs * (0.5 + random() / 2), () => {
      if (one.from) options.send({ k: 'check', obs: one.obs, position: one.from.position })
      checkLater(one, checkMs)
    })
  }

  function onPatch(body: string): void {
    const patches = parsePatches(body)
    if (!patches.ok) return complain(patches.words)
    options.batch(() => {
      for (const patch of patches.value) apply(patch)
    })
  }

  function apply(patch: SelectorPatch): void {
    const watching = bySelector.get(patch.sel)
    if (watching === undefined) {
      stats.unknownSelectors += 1
      return
    }
    for (const one of watching) {
      one.from = { token: patch.token, position: patch.position }
      tell(one, (observer) => observer.patch(patch))
    }
  }

  function onTrouble(obs: number, error: WireError, final: boolean): void {
    const one = kept.get(obs)
    if (one === undefined) return
    one.cancelRetry()
    if (!final)
      one.cancelRetry = clock.after(backOffMs(one.attempt++, random, firstRetryMs, maxRetryMs), () => ask(one))
    tell(one, (observer) => observer.trouble(error, final))
  }

  function onOnline(agreed: number): void {
    version = agreed
    for (const one of kept.values()) ask(one)
  }

  function onOffline(): void {
    bySelector.clear()
    for (const one of kept.values()) {
      one.cancelRetry()
      one.cancelCheck()
    }
  }

  function close(): void {
    onOffline()
    kept.clear()
  }

  function connect(one: Kept, sel: number, checkWithinMs: number): void {
    one.cancelRetry()
    one.attempt = 0
    disconnect(one)
    checkLater(one, checkWithinMs)
    const watching = bySelector.get(sel)
    if (watching) watching.add(one)
    else bySelector.set(sel, new Set([one]))
  }

  function disconnect(one: Kept): void {
    one.cancelCheck()
    for (const [sel, watching] of bySelector) {
      if (watching.delete(one) && watching.size === 0) bySelector.delete(sel)
    }
  }

  /** Observers promise not to throw; one that does must not take its neighbours with it. */
  function tell(one: Kept, work: (observer: Observer) => void): void {
    try {
      work(one.observer)
    } catch (error) {
      log.error('An observer failed.', { name: one.name, error: describeError(error) })
    }
  }

  function complain(words: string): void {
    stats.badFrames += 1
    log.warning('The body of a frame was not understood.', { words })
  }
}
