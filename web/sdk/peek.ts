import type { Accessor } from 'solid-js'
import type { UpstreamState } from '#vortex/client/vortex-client.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { ActionLedger } from './action-ledger.ts'
import type { LiveRowsCache } from './live-rows-cache.ts'

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
  retryNow(): void
}

/** All that a page of the platform shares: one connection, what is watched over it, and what was pushed. */
export interface Peek {
  readonly connection: Connection
  readonly observables: LiveRowsCache
  readonly actions: ActionLedger
  close(): void
}
