/** What cases share: events to append, reads as lists, failures as plain facts, subscriptions one can wait on. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { CaseContext } from './conformance-case.ts'
import type {
  ConformanceClient,
  LivePlace,
  Position,
  ProposedEvent,
  ReadStreamOptions,
  ResolvedEvent,
  Subscription,
} from './conformance-client.ts'

export function fact(value: number, type = 'Ordered', id: string = randomUUID()): ProposedEvent {
  return { id, type, contentType: 'application/json', data: { value }, metadata: { by: 'conformance' } }
}

export function facts(count: number, type?: string): ProposedEvent[] {
  return Array.from({ length: count }, (_, index) => fact(index, type))
}

export function binary(data: Uint8Array, type = 'Measured'): ProposedEvent {
  return { id: randomUUID(), type, contentType: 'application/octet-stream', data, metadata: undefined }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

export function valuesOf(resolved: readonly ResolvedEvent[]): (number | undefined)[] {
  return resolved.map(({ event }) => {
    const data = event?.data
    return typeof data === 'object' && data !== null && 'value' in data ? Number(data.value) : undefined
  })
}

export async function readValues(client: ConformanceClient, streamName: string, options: ReadStreamOptions = {}) {
  return valuesOf(await collect(client.calls.readStream(streamName, options)))
}

export function positionOf({ position }: { position?: Position | undefined }): Position {
  assert.ok(position, 'the server names the position')
  return position
}

/** An error of either client under the same names; `type` is `none` when nothing failed. */
export type Failure = {
  readonly type: string
  readonly code: number | undefined
  readonly message: string
  readonly streamName: unknown
  readonly groupName: unknown
  readonly expected: unknown
  readonly actual: unknown
  readonly maxAppendSize: unknown
}

export function toFailure(error: unknown): Failure {
  const facts: Partial<Record<string, unknown>> = typeof error === 'object' && error !== null ? { ...error } : {}
  return {
    type: typeof facts.type === 'string' ? facts.type : 'untyped',
    code: typeof facts.code === 'number' ? facts.code : undefined,
    message: error instanceof Error ? error.message : String(error),
    streamName: facts.streamName,
    groupName: facts.groupName,
    expected: facts.expectedState ?? facts.expectedVersion,
    actual: facts.actualState ?? facts.actualVersion,
    maxAppendSize: facts.maxAppendSize,
  }
}

export function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(() => toFailure(Object.assign(new Error('nothing failed'), { type: 'none' })), toFailure)
}

/** The work fails, with at least these facts. */
export async function fails(work: Promise<unknown>, facts: Partial<Failure>): Promise<void> {
  const failure = await failureOf(work)
  const seen = Object.fromEntries(Object.keys(facts).map((key) => [key, failure[key as keyof Failure]]))
  assert.deepEqual(seen, facts, `${failure.type}: ${failure.message}`)
}

let apartCount = 0

/**
 * A client with a connection of its own, which options nobody else has cause: clients with equal options share one, and on
 * it what a slow or absent reader leaves unread holds up everything else.
 */
export function openApart({ openClient }: Pick<CaseContext, 'openClient'>): ConformanceClient {
  return openClient({ query: `keepAliveInterval=${11_000 + apartCount++}` })
}

export async function eventually(words: string, claim: () => Promise<boolean> | boolean, waitMs = 60_000) {
  const giveUpAt = performance.now() + waitMs
  while (!(await claim())) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${waitMs} ms in vain until ${words}.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * A subscription being listened to: what came, and promises of what is to come. Unsubscribed at the end of the case.
 * Every wait is bounded by the deadline of the case.
 */
export class Watch {
  readonly subscription: Subscription
  readonly events: ResolvedEvent[] = []
  readonly confirmed: Promise<void>
  readonly caughtUp: Promise<LivePlace>
  /** Events that had come by then. */
  readonly countWhenCaughtUp: Promise<number>
  readonly failure: Promise<Failure>
  readonly ended: Promise<void>
  private hasFailed: Failure | undefined
  private readonly waiters = new Set<() => void>()

  constructor(subscription: Subscription, onEvent: (event: ResolvedEvent) => void = () => undefined) {
    this.subscription = subscription
    this.confirmed = new Promise((resolve) => subscription.once('confirmation', () => resolve()))
    this.caughtUp = new Promise((resolve) =>
      subscription.once('caughtUp', (place) => resolve((place ?? {}) as LivePlace)),
    )
    this.countWhenCaughtUp = new Promise((resolve) => subscription.once('caughtUp', () => resolve(this.events.length)))
    this.ended = new Promise((resolve) => {
      subscription.once('end', () => resolve())
      subscription.once('close', () => resolve())
    })
    this.failure = new Promise((resolve) =>
      subscription.on('error', (error) => {
        this.hasFailed = toFailure(error)
        resolve(this.hasFailed)
        this.wake()
      }),
    )
    subscription.on('data', (event) => {
      this.events.push(event as ResolvedEvent)
      onEvent(event as ResolvedEvent)
      this.wake()
    })
  }

  get values(): (number | undefined)[] {
    return valuesOf(this.events)
  }

  /** As soon as `count` events came: the first so many. */
  async first(count: number): Promise<ResolvedEvent[]> {
    await this.until(() => this.events.length >= count)
    return this.events.slice(0, count)
  }

  async firstValues(count: number): Promise<(number | undefined)[]> {
    return valuesOf(await this.first(count))
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.hasFailed) throw new Error(`The subscription failed: ${this.hasFailed.type}, ${this.hasFailed.message}`)
      await new Promise<void>((resolve) => this.waiters.add(resolve))
    }
  }

  private wake(): void {
    const waiters = [...this.waiters]
    this.waiters.clear()
    for (const resume of waiters) resume()
  }
}

/** A reader who stops after the first event while thousands are appended, and then reads on. Nobody else is on its connection. */
export async function fallsBehindAndMissesNothing(
  { client, onEnd }: Pick<CaseContext, 'client' | 'onEnd'>,
  streamName: string,
  subscription: Subscription,
): Promise<void> {
  onEnd(() => subscription.unsubscribe())
  const marks: string[] = []
  const isCaughtUp = new Promise<void>((resolve) => subscription.once('caughtUp', () => resolve()))
  subscription.on('caughtUp', () => marks.push('caught up'))
  subscription.on('fellBehind', () => marks.push('fell behind'))
  const values: unknown[] = []
  const start = withResolver()
  const reading = (async () => {
    for await (const { event } of subscription) {
      if (values.push(Number(event?.revision)) === 6_001) return
      await start.promise
    }
  })()
  await isCaughtUp
  await client.append(streamName, [fact(0)])
  for (let batch = 0; batch < 3; batch++) await client.append(streamName, facts(2_000))
  start.resolve()
  await reading
  assert.deepEqual(values, range(0, 6_001))
  assert.deepEqual(marks.slice(0, 2), ['caught up', 'fell behind'])
}

/** Node learnt `Promise.withResolvers` late. */
function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

export function watch(
  { onEnd }: Pick<CaseContext, 'onEnd'>,
  subscription: Subscription,
  onEvent?: (event: ResolvedEvent) => void,
): Watch {
  const watching = new Watch(subscription, onEvent)
  onEnd(() => subscription.unsubscribe())
  return watching
}
