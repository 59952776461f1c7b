import type { KurrentDBClient, PersistentSubscriptionToAll } from '@kurrent/kurrentdb-client'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { CompetingConsumer, ConsumerState, JoinOptions } from '../competing-consumer.ts'
import type { KurrentConnection } from './connection.ts'
import { groupIsMissing, makeGroup } from './make-group.ts'
import { openSharedTail } from './shared-tail.ts'
import { toStoreError } from './store-error.ts'
import { Stopped, unlessStopped } from './waiting.ts'

export type ConsumerParts = {
  readonly connection: KurrentConnection
  readonly kurrent: typeof import('@kurrent/kurrentdb-client')
  readonly clock: Clock
  readonly log: Log
}

/** What ends a subscription without anything being wrong. */
class Left extends Error {
  override readonly name = 'Left'
}

/**
 * One consumer of a persistent subscription to the whole log. Whatever breaks, it subscribes again; a group that does
 * not exist is made by whoever notices first.
 */
export function startConsumer(parts: ConsumerParts, options: JoinOptions): CompetingConsumer {
  const { connection, clock, log } = parts
  const stopping = new AbortController()
  let state: ConsumerState = 'joining'
  let wantsIn = true
  let entry = createDeferred()
  let leaveNow: () => void = () => undefined
  entry.resolve()
  const done = run()

  async function run(): Promise<void> {
    try {
      for (let attempt = 0; ; attempt++) {
        await unlessStopped(stopping.signal, entry.promise)
        state = 'joining'
        if (await consumeUntilLost()) attempt = 0
        await unlessStopped(stopping.signal, connection.backOff(attempt))
      }
    } catch (error) {
      if (!(error instanceof Stopped)) log.error('A consumer stopped', { words: describeError(error) })
    } finally {
      state = 'stopped'
    }
  }

  /** Whether it had joined. */
  async function consumeUntilLost(): Promise<boolean> {
    let hasJoined = false
    try {
      await unlessStopped(stopping.signal, connection.ready())
      const client = connection.calls()
      await subscribe(client, () => {
        hasJoined = true
        state = 'joined'
      })
    } catch (error) {
      if (stopping.signal.aborted) throw new Stopped('Stopped')
      if (error instanceof Left) return true
      await recover(error)
    }
    return hasJoined
  }

  async function recover(error: unknown): Promise<void> {
    state = 'waiting'
    if (groupIsMissing(error)) {
      const made = makeGroup({ ...parts, client: connection.calls(), group: options.group, filter: options.filter })
      return unlessStopped(stopping.signal, made).catch((cause: unknown) => {
        if (cause instanceof Stopped) throw cause
        report(cause)
      })
    }
    report(error)
  }

  function report(error: unknown): void {
    const failure = toStoreError(error, `Consuming as "${options.group}"`)
    const say = isPlatformError(failure, 'unavailable') ? log.debug : log.warning
    say('A consumer lost its group; it goes on when the store is back', { words: describeError(failure) })
    connection.noteFailure(failure)
  }

  /** Never returns well: a subscription ends by being lost, left or stopped. */
  async function subscribe(client: KurrentDBClient, onJoined: () => void): Promise<never> {
    const subscription: PersistentSubscriptionToAll = client.subscribeToPersistentSubscriptionToAll(options.group, {
      bufferSize: options.bufferCountMax,
    })
    const tail = openSharedTail({ subscription, clock, onJoined, onDelivery: options.onDelivery })
    const leave = () => tail.close(new Left('Left'))
    leaveNow = leave
    stopping.signal.addEventListener('abort', leave, { once: true })
    // Told to stop or to leave while it was on its way here.
    if (stopping.signal.aborted || !wantsIn) leave()
    try {
      throw await tail.lost
    } finally {
      leaveNow = () => undefined
      stopping.signal.removeEventListener('abort', leave)
      tail.close(new PlatformError('unavailable', 'The consumer let go of the subscription'))
    }
  }

  return {
    state: () => state,
    leave: () => {
      if (!wantsIn) return
      wantsIn = false
      state = 'left'
      entry = createDeferred()
      leaveNow()
    },
    comeBack: () => {
      wantsIn = true
      entry.resolve()
    },
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}
