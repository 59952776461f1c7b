import type { DownHead } from '#vortex/protocol/down.ts'
import type { Principal } from '#vortex/protocol/principal.ts'

/** A session, as far as observing goes. Sending never waits and never throws: a slow or closed one is the server's affair. */
export interface Watcher {
  readonly id: string
  readonly principal: Principal
  send(head: DownHead, body?: string): void
  /** Topics reach all who joined with one encoding. */
  join(topic: string): void
  leave(topic: string): void
}

export type Publish = (topic: string, head: DownHead, body: string) => void
