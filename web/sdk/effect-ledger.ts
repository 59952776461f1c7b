import { createStore, reconcile } from 'solid-js/store'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { ConnectionState, VortexClient } from '#vortex/client/vortex-client.ts'
import {
  type ActionEffect,
  effectsRequestName,
  type KnownEffect,
  knownEffectsMax,
  parseEffectsReply,
} from '#vortex/protocol/action-effect.ts'
import { effectsVersion } from '#vortex/protocol/protocol-version.ts'
import type { KeptTexts } from './device-id.ts'
import { type KeptAction, loadKeptActions, saveKeptActions } from './kept-actions.ts'
import type { Overlays } from './overlays/overlays.ts'

/**
 * An action that was accepted and is not what screens show: its effect is delayed until somebody has looked at what holds
 * it up, has come since (`effective`, told for a moment), or was left out for good (`skipped`, with the reason in `words`).
 */
export type EffectOfAction = {
  readonly id: string
  /** The action's, where this device knows it; else the type of the event that holds it up. */
  readonly name: string
  readonly entityId: string
  readonly title: string
  readonly state: ActionEffect['state']
  readonly words: string
  readonly since: number
}

/**
 * What became of this device's accepted actions where no patch will tell (seam 8).
 *
 * Promises: what is expected of an action whose effect is delayed is taken off the screen; how things stand survives a
 * reload, and is asked for with every connection, when the service says so, and now and then while something is delayed;
 * what was skipped stays until it is dismissed.
 */
export interface EffectLedger {
  /** Names an action for later. */
  notePushed(action: {
    readonly id: string
    readonly name: string
    readonly entityId: string
    readonly title: string
  }): void
  /** Oldest first. */
  list(): readonly EffectOfAction[]
  /** Of one that is delayed still, or that nobody knows, nothing happens. */
  dismiss(id: string): void
  close(): void
}

export type EffectLedgerOptions = {
  readonly client: VortexClient
  readonly clock: Clock
  readonly random: Random
  readonly overlays: Overlays
  readonly kept: () => KeptTexts | undefined
  /** Where it is kept: of one app and person. */
  readonly keptAs: string
}

const askDeadlineMs = 10_000
/** Many devices come back at once, and hear at once that they should ask. */
const spreadMs = 5_000
/** What was announced may have been missed by all in between: while something is delayed, somebody looks. */
const lookAgainMs = 60_000
const effectiveShownMs = 10_000
const pushedCountMax = 500
const actionCountMax = 100

type Pushed = Parameters<EffectLedger['notePushed']>[0]

export function createEffectLedger(options: EffectLedgerOptions): EffectLedger {
  const { client, clock, random, overlays, kept, keptAs } = options
  const [shown, setShown] = createStore<EffectOfAction[]>([])
  const pushed = new Map<string, Pushed>()
  const actions = new Map(loadKeptActions(kept, keptAs).map((action) => [action.id, action]))
  let isOnline = false
  let hasAsked = false
  let attempt = 0
  let nextAskAt = Number.POSITIVE_INFINITY
  let cancelAsk: () => void = () => undefined
  const ends = new Map<string, () => void>()

  const stops = [
    client.onEffects(({ effects, ask: mustAsk }) => {
      take(effects)
      if (mustAsk) askIn(random() * spreadMs)
    }),
    client.onState(onState),
    client.onUpstream(({ online }) => online && isOnline && askIn(random() * spreadMs)),
  ]
  show()
  onState(client.state())

  return {
    notePushed: (action) => {
      pushed.set(action.id, action)
      const [oldest] = pushed.keys()
      if (oldest !== undefined && pushed.size > pushedCountMax) pushed.delete(oldest)
    },
    list: () => shown,
    dismiss: (id) => {
      const action = actions.get(id)
      if (!action || stateOf(action).state === 'delayed') return
      forget(id)
      changed()
    },
    close: () => {
      for (const stop of [...stops, ...ends.values(), cancelAsk]) stop()
    },
  }

  function onState(state: ConnectionState): void {
    const wasOnline = isOnline
    isOnline = state.state === 'online' && state.welcome.version >= effectsVersion
    if (!isOnline) return stopAsking()
    if (wasOnline) return
    attempt = 0
    // Somebody has just opened the page, and looks.
    askIn(hasAsked ? random() * spreadMs : 0)
  }

  function askIn(delayMs: number): void {
    const at = clock.now() + delayMs
    if (!isOnline || at >= nextAskAt) return
    cancelAsk()
    nextAskAt = at
    cancelAsk = clock.after(delayMs, ask)
  }

  function stopAsking(): void {
    cancelAsk()
    nextAskAt = Number.POSITIVE_INFINITY
  }

  function ask(): void {
    nextAskAt = Number.POSITIVE_INFINITY
    hasAsked = true
    const known = knownOf(actions.values())
    client.ask(effectsRequestName, JSON.stringify({ known }), askDeadlineMs).then(
      (body) => {
        attempt = 0
        take(parseEffectsReply(body) ?? [])
        lookAgainWhileDelayed()
      },
      (failure: unknown) => {
        // A service of before: it will not learn it on this connection.
        if (failure instanceof RequestFailure && failure.error.kind === 'not-found') return
        askIn(backOffMs(attempt++, random, spreadMs, lookAgainMs))
      },
    )
  }

  function lookAgainWhileDelayed(): void {
    if ([...actions.values()].some((action) => stateOf(action).state === 'delayed')) askIn(lookAgainMs)
  }

  function take(effects: readonly ActionEffect[]): void {
    if (effects.length === 0) return
    for (const effect of effects) takeOne(effect)
    changed()
    lookAgainWhileDelayed()
  }

  function takeOne(effect: ActionEffect): void {
    const { actionId: id, projection, on, state, words, position, since } = effect
    const known = actions.get(id)
    if (state === 'effective' && !known) return
    if (state !== 'effective') overlays.lift(id, on)
    const parts = (known?.parts ?? []).filter((part) => part.projection !== projection)
    const action = known ?? nameOf(effect)
    actions.set(id, {
      ...action,
      parts: [...parts, { projection, state, words, position, since: since || clock.now() }],
    })
    keepInBounds()
  }

  function nameOf({ actionId: id, type, stream }: ActionEffect): Omit<KeptAction, 'parts'> {
    const {
      name = type,
      entityId = stream.slice(stream.indexOf('-') + 1),
      title = toTitle(type),
    } = pushed.get(id) ?? {}
    return { id, name, entityId, title }
  }

  function keepInBounds(): void {
    const [oldest] = actions.keys()
    if (oldest !== undefined && actions.size > actionCountMax) forget(oldest)
  }

  /** What is effective now is told for a moment, and forgotten. */
  function changed(): void {
    for (const [id, action] of actions) {
      const isOver = stateOf(action).state === 'effective'
      if (isOver && !ends.has(id))
        ends.set(
          id,
          clock.after(effectiveShownMs, () => end(id)),
        )
      else if (!isOver) keepOn(id)
    }
    show()
    saveKeptActions(kept, keptAs, [...actions.values()])
  }

  function end(id: string): void {
    forget(id)
    changed()
  }

  function forget(id: string): void {
    keepOn(id)
    actions.delete(id)
  }

  function keepOn(id: string): void {
    ends.get(id)?.()
    ends.delete(id)
  }

  function show(): void {
    const list = [...actions.values()].map(toShown).sort((a, b) => a.since - b.since)
    setShown(reconcile(list, { key: 'id' }))
  }
}

function toShown(action: KeptAction): EffectOfAction {
  const { id, name, entityId, title, parts } = action
  return { id, name, entityId, title, ...stateOf(action), since: Math.min(...parts.map(({ since }) => since)) }
}

/** As long as one read model lacks it, it is delayed; then what one was told to leave out is missing. */
function stateOf({ parts }: KeptAction): Pick<EffectOfAction, 'state' | 'words'> {
  const part = parts.find(({ state }) => state === 'delayed') ?? parts.find(({ state }) => state === 'skipped')
  return part ? { state: part.state, words: part.words } : { state: 'effective', words: '' }
}

function knownOf(actions: Iterable<KeptAction>): readonly KnownEffect[] {
  return [...actions]
    .flatMap(({ id, parts }) =>
      parts
        .filter(({ state }) => state === 'delayed')
        .map(({ projection, position }) => ({ actionId: id, projection, position })),
    )
    .slice(-knownEffectsMax)
}

/** `inbox.RenameTask` in words, where nobody here knows more. */
function toTitle(type: string): string {
  const words = type
    .slice(type.indexOf('.') + 1)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
