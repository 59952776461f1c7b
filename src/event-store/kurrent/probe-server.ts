import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Clock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { within } from './waiting.ts'

/**
 * Resolves when the server confirms a subscription: the smallest question that leaves the native reader alone, needs
 * the rights we need anyway, and is remembered nowhere in the client.
 */
export async function probeServer(client: KurrentDBClient, clock: Clock, deadlineMs: number): Promise<void> {
  const subscription = client.subscribeToAll({ fromPosition: 'end' })
  const confirmed = new Promise<void>((resolve, reject) => {
    subscription.on('confirmation', () => resolve())
    subscription.on('error', reject)
    subscription.on('end', () => reject(new PlatformError('unavailable', 'The server ended the call')))
  })
  try {
    const late = () => new PlatformError('timeout', `The server did not answer within ${deadlineMs} ms`)
    await within(clock, deadlineMs, confirmed, late)
  } finally {
    void subscription.unsubscribe().catch(() => undefined)
  }
}
