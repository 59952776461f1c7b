import type { Accessor } from 'solid-js'
import type { UpstreamState } from '#vortex/client/vortex-client.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { ActionLedger } from './action-ledger.ts'
import type { CacheFigures } from './cache/cache-figures.ts'
import type { RowCache } from './cache/row-cache.ts'
import type { CallSender } from './call-sender.ts'
import type { DeviceStore } from './device-store/device-store.ts'
import type { StorageLife } from './device-store/storage-life.ts'
import type { EffectLedger } from './effect-ledger.ts'
import type { Help } from './help.ts'
import type { LiveRowsCache } from './live-rows-cache.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { OutboxSignals } from './outbox/outbox-signals.ts'
import type { Packs } from './packs/packs.ts'
import type { RecordMarks } from './record-marks.ts'

/** How this page stands with its service, as signals. */
export type Connection = {
  readonly state: Accessor<'connecting' | 'online' | 'offline' | 'refused'>
  /** Why it is offline or refused; otherwise empty. */
  readonly words: Accessor<string>
  /** When the state, or whether the service reaches logic, last changed. */
  readonly since: Accessor<number>
  /** Whether the service reaches logic. */
  readonly upstream: Accessor<UpstreamState>
  /** Who the server says we are, once it has welcomed us. */
  readonly principal: Accessor<Principal | undefined>
  /** The software version of the service, once it has welcomed us. */
  readonly serverBuild: Accessor<string | undefined>
  /** How far the clock here is ahead of the service's. */
  readonly clockOffsetMs: Accessor<number | undefined>
  retryNow(): void
}

/** All that a page of the platform shares: one connection, what is watched over it, and what was pushed. */
export interface Peek {
  readonly connection: Connection
  readonly observables: LiveRowsCache
  readonly actions: ActionLedger
  readonly effects: EffectLedger
  readonly calls: CallSender
  /** What people did, on its way to logic; and the same as signals. */
  readonly outbox: Outbox
  readonly outboxSignals: OutboxSignals
  /** Asking the office for help with them. */
  readonly help: Help
  /** The rows that are kept on the device. */
  readonly cache: Pick<RowCache, 'items' | 'troubles' | 'onChange'>
  /** How they stand, by the record they are about. */
  readonly marks: RecordMarks
  /** All that this app keeps on the device for this user. */
  readonly store: DeviceStore
  /** Since when that is there, and whether the browser took an earlier one away; undefined where nothing can be kept. */
  readonly storageLife: Promise<StorageLife | undefined>
  /** What is on this device of each plugin's rows. */
  readonly cached: CacheFigures
  /** Data that plugins have laid out to be taken along. */
  readonly packs: Packs
  close(): void
}
