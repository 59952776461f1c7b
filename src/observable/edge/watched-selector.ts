import type { Row, Selector } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { ResumePoint } from './resume-token.ts'
import type { SelectorRows } from './selector-rows.ts'
import type { Watcher } from './watcher.ts'

/** One selector of one observable that somebody watches, or did a moment ago. */
export type WatchedSelector = {
  /** How frames name it on this server. */
  readonly sel: number
  readonly key: string
  readonly name: string
  readonly selector: Selector
  /** By watcher, then by the watcher's own number. */
  readonly observations: Map<string, Map<number, Observation>>
  state: SelectorState
}

export type SelectorState =
  /** In the queue for a snapshot, or waiting for its answer; nothing is applied meanwhile, and newcomers wait. */
  | { readonly at: 'asking'; readonly attempt: number; readonly shown: LastShown | undefined }
  /** Asking failed; it is tried again. */
  | {
      readonly at: 'waiting'
      readonly attempt: number
      readonly shown: LastShown | undefined
      readonly error: WireError | undefined
      readonly cancel: () => void
    }
  /** Follows its feed. */
  | { readonly at: 'live'; readonly rows: SelectorRows }
  /** Follows its feed though nobody watches, for those who come back soon. */
  | { readonly at: 'idle'; readonly rows: SelectorRows }
  | { readonly at: 'gone' }

/** What its watchers see while it is looked at again. */
export type LastShown = { readonly point: ResumePoint; readonly rows: ReadonlyMap<string, Row> }

/** One watcher watching one selector. */
export type Observation = {
  readonly watcher: Watcher
  /** The watcher's own number for it. */
  readonly obs: number
  readonly watched: WatchedSelector
  /** Where it wants to go on. */
  readonly token: string | undefined
  /** What the rows it keeps hash to, when it keeps some. */
  readonly hash: string | undefined
  /** It has been told how things stand, and hears of every change since. */
  isGreeted: boolean
  /** A snapshot was asked for after it came: nothing it can have seen is newer. */
  isLookedUp: boolean
}

export function createWatchedSelector(sel: number, key: string, name: string, selector: Selector): WatchedSelector {
  return {
    sel,
    key,
    name,
    selector,
    observations: new Map(),
    state: { at: 'asking', attempt: 0, shown: undefined },
  }
}

export function* observationsOf({ observations }: WatchedSelector): Generator<Observation> {
  for (const ofWatcher of [...observations.values()]) yield* [...ofWatcher.values()]
}

/** The rows that follow their feed, when they do. */
export function findLiveRows({ state }: WatchedSelector): SelectorRows | undefined {
  return state.at === 'live' || state.at === 'idle' ? state.rows : undefined
}

/** Rows held in memory for this selector. */
export function countRows({ state }: WatchedSelector): number {
  switch (state.at) {
    case 'live':
    case 'idle':
      return state.rows.rows.size
    case 'asking':
    case 'waiting':
      return state.shown?.rows.size ?? 0
    default:
      return 0
  }
}
