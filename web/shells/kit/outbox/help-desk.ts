import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'

/**
 * Asks the office about an action of this device.
 *
 * Promises: resolves once the question is kept on the device, whence it goes as anything else does; rejects with words for
 * the person, and then nothing was asked.
 */
export interface HelpDesk {
  ask(request: { readonly record: OutboxRecord; readonly words: string }): Promise<void>
}
