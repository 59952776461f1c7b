import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import type { OutboxSignals } from '#web/sdk/outbox/outbox-signals.ts'
import type { HelpDesk } from './help-desk.ts'

export type OutboxView = OutboxSignals

/** What the pages need besides, of the app around them. */
export type OutboxSurroundings = {
  readonly outbox: OutboxView
  /** What the plugin of an action is called. */
  pluginTitle(actionName: string): string
  /** Absent where this app has nobody to ask. */
  readonly helpDesk?: HelpDesk | undefined
  /** The id of this device, for whoever helps. */
  readonly device?: string | undefined
}

export function findRecord(outbox: Pick<OutboxView, 'records'>, id: string): OutboxRecord | undefined {
  return outbox.records().find((record) => record.id === id)
}
