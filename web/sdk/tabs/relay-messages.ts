import type { AskOptions } from '#vortex/calling/ask-sender.ts'
import type { DeviceFigures } from '#vortex/client/device-reporter.ts'
import type {
  ConnectionState,
  EffectNews,
  ObserveFrom,
  PushedAction,
  UpstreamState,
} from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Row, Selector, SelectorPatch } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'

/**
 * What the tabs of one browser say to each other. They are pages of one origin, and the version is in the channel's
 * name, so tabs of an older page with other messages never meet these.
 */
export const relayVersion = 5

/**
 * A tab's place with one leader. The tab numbers its seats, and all that is said in one names it: what was said in an earlier
 * one, and arrives late, counts for nothing.
 */
export type Seat = { readonly leader: string; readonly number: number }

export type TabRequest =
  /** Takes the seat; an earlier one of this tab is given up, with all that was asked in it. */
  | { readonly t: 'join' }
  | { readonly t: 'ping' }
  | { readonly t: 'leave' }
  | { readonly t: 'retry' }
  | { readonly t: 'report'; readonly figures: DeviceFigures }
  | {
      readonly t: 'act'
      readonly n: number
      readonly action: PushedAction
      readonly body: string
      readonly options: { readonly retry?: boolean; readonly deadlineMs?: number }
    }
  | {
      readonly t: 'ask'
      readonly n: number
      readonly name: string
      readonly body: string
      readonly deadlineMs: number
      readonly options: Omit<AskOptions, 'signal'>
    }
  /** Nobody waits for the reply any more. */
  | { readonly t: 'cancel'; readonly n: number }
  | {
      readonly t: 'observe'
      readonly n: number
      readonly name: string
      readonly selector: Selector
      readonly from?: ObserveFrom
      /** What the rows it has hash to, and whether it wants to be told later what they should. */
      readonly hash?: string
      readonly isChecked: boolean
    }
  | { readonly t: 'unobserve'; readonly n: number }

export type LeaderNews =
  | { readonly t: 'state'; readonly state: ConnectionState; readonly upstream: UpstreamState }
  | { readonly t: 'effects'; readonly news: EffectNews }
  /** The leader does not know the seat (any more): take another, and ask for everything again. */
  | { readonly t: 'unknown' }
  | { readonly t: 'answer'; readonly n: number; readonly answer: Answer }
  | { readonly t: 'reply'; readonly n: number; readonly body: string }
  | { readonly t: 'failure'; readonly n: number; readonly error: WireError }
  | {
      readonly t: 'rows'
      readonly n: number
      readonly rows: readonly Row[]
      readonly token: string
      readonly position: string
      readonly keyedBy: readonly string[]
      readonly orderBy: readonly string[]
    }
  | { readonly t: 'patch'; readonly n: number; readonly patch: SelectorPatch }
  | { readonly t: 'resumed'; readonly n: number; readonly at?: ObserveFrom }
  | {
      readonly t: 'checked'
      readonly n: number
      readonly position: string
      readonly hash: string
      readonly count: number
    }
  | { readonly t: 'trouble'; readonly n: number; readonly error: WireError; readonly final: boolean }

export type RelayMessage =
  /** Who leads? Whoever does says its state, without a seat. */
  | { readonly from: 'tab'; readonly tab: string; readonly asks: 'leader' }
  | { readonly from: 'tab'; readonly tab: string; readonly seat: Seat; readonly request: TabRequest }
  /** All news of one frame together (V8), for one tab and its seat there or, without `tab`, for all. */
  | {
      readonly from: 'leader'
      readonly leader: string
      readonly tab?: string
      readonly seat?: number
      readonly news: readonly LeaderNews[]
    }

/** One end of a channel that every other tab hears. */
export interface TabChannel {
  post(message: RelayMessage): void
  close(): void
}
export type OpenTabChannel = (name: string, onMessage: (message: RelayMessage) => void) => TabChannel

export function openBroadcastChannel(name: string, onMessage: (message: RelayMessage) => void): TabChannel {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isRelayMessage(data)) onMessage(data)
  }
  return { post: (message) => channel.postMessage(message), close: () => channel.close() }
}

function isRelayMessage(message: unknown): message is RelayMessage {
  if (typeof message !== 'object' || message === null || !('from' in message)) return false
  if (message.from === 'leader') return 'leader' in message && 'news' in message
  return 'tab' in message && ('asks' in message || ('seat' in message && 'request' in message))
}
