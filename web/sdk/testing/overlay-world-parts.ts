import type { Observer } from '#vortex/client/vortex-client.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { LiveRows } from '../live-rows.ts'
import type { Fields, Kind } from './overlay-tasks.ts'

/** What a world of overlays is made of: its views, the actions of its device, and the log of its service. */

export interface WorldView {
  readonly name: string
  shown(): readonly Fields[]
  /** By all that has arrived. */
  wanted(): readonly Fields[]
  /** What else may be shown, as long as a whole state that came may be waited with, since it has unanswered actions or not. */
  heldBack(): readonly (readonly Fields[])[]
  hasShown(): boolean
  truth(): readonly Fields[]
  total(): number
}

export type Pushed = {
  readonly seq: number
  readonly id: string
  readonly kind: Kind
  readonly fields: Fields
  /** As the device knows it. */
  state: 'waiting' | 'sent' | 'accepted' | 'gone'
  /** As the service decided. */
  entry: Entry | 'refused' | undefined
  isLifted: boolean
}
export type Entry = {
  readonly place: number
  readonly by: string
  readonly kind: Kind
  readonly fields: Fields
  isParked: boolean
}
export type View = {
  readonly name: string
  readonly selector: Selector
  observer: Observer
  live: LiveRows
  /** Where the service is with it, where the device was told to be, and where what is shown may be. */
  sentTo: number
  toldTo: number | undefined
  shownAt: readonly (number | undefined)[]
  queue: (() => void)[]
}

export interface OverlayWorld {
  /** One thing happens; its name. */
  step(): string
  views(): readonly WorldView[]
  /** The sum of all that was pushed and not taken back. */
  addedCount(): number
  /** All that is under way arrives, until nothing is. */
  calm(): Promise<void>
  stop(): void
}
