import type { PersistentSubscriptionToAll, PersistentSubscriptionToAllResolvedEvent } from '@kurrent/kurrentdb-client'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Delivery } from '../competing-consumer.ts'
import { toRecordedEvent } from './recorded-event.ts'

/**
 * One life of a persistent subscription: from being opened until it is lost or closed.
 *
 * Promises: nothing is delivered after `close`; answers given in one turn travel together, and those given after the end
 * go nowhere: the events come again. `lost` resolves with what ended it, always.
 */
export interface SharedTail {
  readonly lost: Promise<unknown>
  close(reason: Error): void
}

type Resolved = PersistentSubscriptionToAllResolvedEvent

const confirmDeadlineMs = 15_000

export function openSharedTail(options: {
  readonly subscription: PersistentSubscriptionToAll
  readonly clock: Clock
  readonly onJoined: () => void
  readonly onDelivery: (delivery: Delivery) => void
}): SharedTail {
  const { subscription, clock, onJoined, onDelivery } = options
  const lost = createDeferred<unknown>()
  let isOver = false
  let acknowledged: Resolved[] = []

  const end = (reason: unknown): void => {
    if (isOver) return
    isOver = true
    cancelConfirmDeadline()
    lost.resolve(reason)
    void subscription.unsubscribe().catch(() => undefined)
  }
  const sendAcknowledged = (): void => {
    const answered = acknowledged
    acknowledged = []
    // A subscription that broke gives them to somebody again.
    if (!isOver) void subscription.ack(...answered).catch(end)
  }
  const toDelivery = (resolved: Resolved): Delivery | undefined => {
    const event = toRecordedEvent(resolved)
    if (!event) return undefined
    return {
      event,
      retryCount: resolved.retryCount,
      ack: () => {
        acknowledged.push(resolved)
        if (acknowledged.length === 1) queueMicrotask(sendAcknowledged)
      },
      nack: (action, reason) => {
        if (!isOver) void subscription.nack(action, reason, resolved).catch(end)
      },
    }
  }
  const cancelConfirmDeadline = clock.after(confirmDeadlineMs, () =>
    end(new PlatformError('timeout', `The server did not confirm the subscription within ${confirmDeadlineMs} ms`)),
  )

  subscription.on('confirmation', () => {
    cancelConfirmDeadline()
    if (!isOver) onJoined()
  })
  subscription.on('data', (resolved: Resolved) => {
    if (isOver) return
    const delivery = toDelivery(resolved)
    if (delivery) onDelivery(delivery)
    // What it pointed to is gone: nobody can do anything about it.
    else void subscription.ack(resolved).catch(end)
  })
  subscription.on('error', end)
  subscription.on('end', () => end(new PlatformError('unavailable', 'The server ended the subscription')))
  subscription.on('close', () => end(new PlatformError('unavailable', 'The subscription was closed')))
  return { lost: lost.promise, close: end }
}
