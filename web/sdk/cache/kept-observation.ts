import type { Clock } from '#kernel/clock.ts'
import { inStepUntil, type ObserveFrom, type Observer, type VortexClient } from '#vortex/client/vortex-client.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import { type CacheHead, hashOfHead, plainSelector } from './cache-head.ts'
import type { HeadFacts, KeptEntry } from './kept-entry.ts'
import { createKeptRows, type KeptRows, type RowsPlace } from './kept-rows.ts'
import { within } from './within.ts'

/** What an observation hears that is kept on the device. */
export interface KeptObserver extends Observer {
  /** Rows the device has kept, before the server has said anything; `asOf` when they were in step with it. */
  kept?(state: RowsPlace & { readonly rows: readonly Row[]; readonly asOf: number }): void
  /** Somebody else is here: nothing of what was shown is for them. */
  forgotten?(): void
}

/**
 * One selector of this page that is kept on the device, however many want it.
 *
 * Promises: what is kept is shown first and gone on from, so that the server sends what differs, deletions included (O2);
 * what it then says is kept in turn. Rows nobody looks at are not read as long as nothing changes in them. Rows that are
 * not what the server has, although they should be, are counted and fetched again.
 */
export interface KeptObservation {
  readonly key: string
  readonly name: string
  /** `forRows` unless only that it is kept up matters. */
  attach(observer: KeptObserver, forRows: boolean): () => void
  isAttached(): boolean
  /** Encodes changed rows while there is time; whether all are. */
  encode(hasTime: () => boolean): boolean
  save(): Promise<void>
  /** What is kept is not this person's any more: nothing of it stays, and it is asked for anew. */
  startAgain(): void
  /** Its entry was taken out of the store, and is kept again as long as somebody wants it. */
  forgetEntry(): void
  close(): void
}

export type KeptObservationOptions = {
  readonly key: string
  readonly name: string
  readonly selector: Selector
  readonly fields: string
  readonly client: VortexClient
  readonly clock: Clock
  readonly entry: KeptEntry
  /** There is something to save: soon, when rows changed; else some time. */
  onChange(isSoon: boolean): void
  onDrift(): void
  onLeft(): void
}

type Found = { readonly head: CacheHead; readonly kept?: KeptRows }

/** While the store does not answer, the server is asked; in the end a store that does not is none. */
const askAnywayMs = 3_000
const readDeadlineMs = 30_000

export function createKeptObservation(options: KeptObservationOptions): KeptObservation {
  const { key, name, selector, client, clock, entry } = options
  const listeners = new Map<KeptObserver, boolean>()
  /** Where the rows stand as far as they are kept, while they are not read. */
  let head: CacheHead | undefined
  /** Where the rows in the store stood when they were those of `head`: it may have moved on with nothing changed. */
  let storedToken: string | undefined
  let kept: KeptRows | undefined
  let isReady = false
  let isClosed = false
  /** What is heard while the rows are being read. */
  let waiting: (() => void)[] | undefined
  let isConfirmed = false
  /** Nothing of it may be shown any more. */
  let isDropped = false
  /** For good, until the next connection: whoever comes later is told, too. */
  let refusal: WireError | undefined
  let wasInStep = false
  let inStepAt = 0
  let usedAt = 0
  let stopWire: () => void = () => undefined
  const stops = [client.onState(onConnection), client.onUpstream(judge)]
  const wire: Observer = {
    rows: (state) => {
      waiting = undefined
      kept ??= createKeptRows().kept
      const { token, position, keyedBy, orderBy } = state
      kept.replace(state.rows, { token, position, keyedBy, orderBy })
      confirm()
      tell((observer) => observer.rows(state))
      options.onChange(true)
    },
    patch: (patch) => {
      if (!kept) void read()
      inOrder(() => {
        kept?.patch(patch)
        confirm()
        tell((observer) => observer.patch(patch))
        options.onChange(true)
      })
    },
    resumed: (at) =>
      inOrder(() => {
        if (at && kept) kept.moveTo(at)
        else if (at && head) head = { ...head, ...at }
        confirm()
        tell((observer) => observer.resumed(at))
        options.onChange(false)
      }),
    trouble: (error, final) => {
      isConfirmed = false
      judge()
      if (final) refusal = error
      if (final) dropAll()
      tell((observer) => observer.trouble(error, final))
    },
    hash,
    checked: (found) =>
      inOrder(() => {
        const own = hash()
        if (own === undefined || own === found.hash) return
        options.onDrift()
        // What is there is better than nothing until the server has said what is right, and is then all written anew.
        kept?.forgetWritten()
        askAnew()
      }),
  }

  void start()

  return {
    key,
    name,
    attach,
    isAttached: () => listeners.size > 0,
    encode: (hasTime) => kept === undefined || kept.encode(hasTime),
    save,
    startAgain,
    forgetEntry: () => {
      entry.forget()
      saveWhole()
    },
    close,
  }

  function attach(observer: KeptObserver, forRows: boolean): () => void {
    listeners.set(observer, forRows)
    if (forRows) {
      usedAt = clock.now()
      options.onChange(false)
      if (isReady) show(observer)
    } else if (isConfirmed) {
      observer.resumed()
    }
    if (refusal) observer.trouble(refusal, true)
    return () => {
      if (forRows) usedAt = clock.now()
      if (listeners.delete(observer) && listeners.size === 0) options.onLeft()
    }
  }

  function isWatched(): boolean {
    return [...listeners.values()].includes(true)
  }

  async function start(): Promise<void> {
    // Whoever makes it attaches before anything is read.
    await undefined
    const reading: Promise<Found | undefined> = isWatched()
      ? entry.read()
      : entry.readHead().then((only) => only && { head: only })
    const found = await within(clock, askAnywayMs, reading)
    if (isClosed) return
    isReady = true
    if (found) begin(found)
    observe(head && { token: head.token, position: head.position })
    // Better late than never, while the server has not said anything.
    if (!found)
      reading.then((late) => late && !isClosed && !kept && !head && !isDropped && begin(late)).catch(() => undefined)
  }

  function begin(found: Found): void {
    head = found.head
    kept = found.kept
    storedToken = head.token
    inStepAt = head.asOf
    for (const [observer, forRows] of [...listeners]) if (forRows) show(observer)
  }

  /** What is there so far, to somebody who comes. */
  function show(observer: KeptObserver): void {
    if (kept) {
      observer.kept?.({ ...kept.place(), rows: [...kept.rows.values()], asOf: asOf() })
      if (isConfirmed) observer.resumed()
    } else if (head) {
      void read()
    }
  }

  /** Brings the rows that were left in the store; what comes meanwhile is taken after them. */
  async function read(): Promise<void> {
    if (waiting || kept || isClosed) return
    const queue: (() => void)[] = []
    waiting = queue
    const found = await within(clock, readDeadlineMs, entry.read())
    if (isClosed || waiting !== queue) return
    waiting = undefined
    if (found === undefined) {
      head = undefined
      return askAnew()
    }
    kept = found.kept
    const isWhereWeAre = found.head.token === storedToken
    if (head && isWhereWeAre) kept.moveTo(head)
    for (const [observer, forRows] of [...listeners]) if (forRows) show(observer)
    if (isWhereWeAre) for (const work of queue) work()
    else goOnFrom(found.head)
  }

  /** Another page has written what we read: what we heard ourselves does not follow on that. */
  function goOnFrom({ token, position }: CacheHead): void {
    doubt()
    stopWire()
    observe({ token, position })
  }

  function observe(from: ObserveFrom | undefined): void {
    stopWire = client.observe(name, selector, wire, from)
  }

  /** In the order heard, also when the rows have to be read first. */
  function inOrder(work: () => void): void {
    if (waiting) waiting.push(work)
    else work()
  }

  function hash(): string | undefined {
    // What waits for the rows to be read has changed them, and is not counted in.
    if (waiting && waiting.length > 0) return undefined
    return kept ? kept.hash() : head && hashOfHead(head)
  }

  function tell(work: (observer: KeptObserver) => void): void {
    for (const observer of [...listeners.keys()]) work(observer)
  }

  /** Not for this person, or not at all: nothing of it stays. */
  function dropAll(): void {
    isDropped = true
    waiting = undefined
    kept = undefined
    head = undefined
    void entry.drop().catch(() => undefined)
  }

  function startAgain(): void {
    dropAll()
    tell((observer) => observer.forgotten?.())
    askAnew()
  }

  function askAnew(): void {
    waiting = undefined
    doubt()
    stopWire()
    if (!isClosed && isReady) observe(undefined)
  }

  function confirm(): void {
    isConfirmed = true
    isDropped = false
    refusal = undefined
    // What was never in step is as of when it came: there is no better moment to tell.
    inStepAt ||= clock.now()
    judge()
  }

  function onConnection(): void {
    if (client.state().state !== 'online') doubt()
    else judge()
  }

  /** Until the server has said something about it again. */
  function doubt(): void {
    isConfirmed = false
    refusal = undefined
    judge()
  }

  function judge(): void {
    const isInStep = isConfirmed && client.upstream().online
    if (wasInStep && !isInStep) {
      inStepAt = inStepUntil(client.state(), clock.now())
      options.onChange(false)
    }
    wasInStep = isInStep
  }

  function asOf(): number {
    return wasInStep ? clock.now() : inStepAt
  }

  async function save(): Promise<void> {
    const [saved, known] = [kept, head]
    const place = saved ? saved.place : known && (() => known)
    if (place === undefined || !isReady || isClosed) return
    // Once a minute, in step or not: other pages know by it that this one holds the rows, and it finds out when they were
    // taken out all the same.
    options.onChange(false)
    if (waiting) return
    const toHead = (): HeadFacts => {
      const { token, position, keyedBy, orderBy } = place()
      const facts = { format: 1, name, selector: plainSelector(selector), fields: options.fields } as const
      const shape = { token, position, keyedBy: [...keyedBy], orderBy: [...orderBy] }
      return { ...facts, ...shape, asOf: asOf(), usedAt: lookedAt(known) }
    }
    const written = await entry.write(toHead, saved)
    if (written === 'failed') saveWhole()
    // From the store, if they are there; from the server, if they are not.
    if (written === 'rows-wanted') void read()
    if (written === 'written' && saved && saved === kept && !saved.isDirty() && !isWatched()) letGo()
  }

  /** Those that were read meanwhile, too: they may not be what lies there. */
  function saveWhole(): void {
    kept?.forgetWritten()
    options.onChange(true)
  }

  function lookedAt(known: CacheHead | undefined): number {
    return isWatched() ? clock.now() : Math.max(usedAt, known?.usedAt ?? 0)
  }

  /** Rows that nobody looks at stay in the store only. */
  function letGo(): void {
    const written = entry.lastHead()
    if (written === undefined || written.token !== kept?.place().token) return
    head = written
    storedToken = written.token
    kept = undefined
  }

  function close(): void {
    isClosed = true
    stopWire()
    for (const stop of stops) stop()
    listeners.clear()
  }
}
