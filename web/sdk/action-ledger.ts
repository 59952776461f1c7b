import { createSignal } from 'solid-js'
import { createStore, produce, unwrap } from 'solid-js/store'
import type { Clock } from '#kernel/clock.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { isAccepted, isUnsent, type OutboxRecord } from './device-store/outbox-record.ts'
import type { EffectLedger } from './effect-ledger.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Overlays } from './overlays/overlays.ts'

/** What a definition must tell the screen side; `defineAction` makes such. */
export type ActionLike<Values> = {
  readonly name: string
  readonly version: number
  entity(fields: Values): readonly [category: string, id: string]
  title(fields: Values): string
}

/** An action that was pushed and has no final answer yet. */
export type PendingAction = {
  readonly id: string
  readonly name: string
  readonly entityId: string
  readonly title: string
  readonly at: number
}

/** Why the latest action of a kind on an entity was not done. */
export type Refusal = {
  readonly kind: string
  readonly words: string
  readonly at: number
  readonly entityId: string
  /** What was entered, as it was pushed. */
  readonly version: number
  readonly body: string
  /** Of the action; absent for what could not be kept on the device. */
  readonly id?: string
}

export type PushOptions = {
  /** Ids of actions that must be accepted first. */
  readonly dependsOn?: readonly string[]
}

/** The answer, however long it takes. `kept` is known in a moment: the action is on the device, or why it is not. */
export type PushedAction = Promise<Answer> & { readonly id: string; readonly kept: Promise<OutboxRecord> }

/**
 * The actions of this device as screens see them: those on their way, and the refusals a person has not yet seen off.
 * Shared by all components, so what is shown survives a screen that is left and opened again; it comes from the outbox, so
 * it survives the page too.
 *
 * Promises: a refusal stays until it is dismissed, or an action pushed after it on the same entity is accepted.
 */
export interface ActionLedger {
  /** What is expected of it is shown at once, until the server's own word arrives. */
  push<Values>(definition: ActionLike<Values>, fields: Values, options?: PushOptions): PushedAction
  pending(name: string): readonly PendingAction[]
  lastRefusal(name: string, entityId: string): Refusal | undefined
  /** Of one kind, oldest first. */
  refusals(name: string): readonly Refusal[]
  dismissRefusal(name: string, entityId: string): void
  close(): void
}

type KeptRefusal = Refusal & {
  readonly lane: string
  readonly name: string
  /** What was pushed before it was refused tells nothing about it. */
  readonly pushedBefore: number
}

const laneLengthMax = 200
const refusalCountMax = 200

export type ActionLedgerOptions = {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly overlays: Pick<Overlays, 'put' | 'drop'>
  readonly effects: Pick<EffectLedger, 'notePushed'>
  readonly makeUuid: () => string
}

export function createActionLedger({ outbox, clock, overlays, effects, makeUuid }: ActionLedgerOptions): ActionLedger {
  // Thousands wait where a device was away for long: no proxies, and one word for all that a moment brings.
  const pending = new Map<string, PendingAction>()
  const [listed, setListed] = createSignal<readonly PendingAction[]>([])
  const [refusals, setRefusals] = createStore<Record<string, KeptRefusal>>({})
  /** Whoever pushed it waits for its answer. */
  const waiting = new Map<string, (answer: Answer) => void>()
  /** Pushed, and not yet known to be on the device. */
  let keepingCount = 0
  const stop = outbox.onChange(take)

  return {
    push,
    pending: (name) => listed().filter((action) => action.name === name),
    lastRefusal: (name, entityId) => refusals[toKey(name, entityId)],
    refusals: (name) => Object.values(refusals).filter((refusal) => refusal.name === name),
    dismissRefusal,
    close: stop,
  }

  function push<Values>(
    definition: ActionLike<Values>,
    fields: Values,
    { dependsOn = [] }: PushOptions = {},
  ): PushedAction {
    const { name, version } = definition
    const [category, entityId] = definition.entity(fields)
    const lane = toLane(name, category, entityId)
    const id = makeUuid()
    const at = clock.now()
    const title = definition.title(fields)
    const body = JSON.stringify(fields)
    effects.notePushed({ id, name, entityId, title })
    pending.set(id, { id, name, entityId, title, at })
    list()
    // Seen at once, where it will stand unless another page comes in between.
    overlays.put({ id, seq: highestSeq() + ++keepingCount, name, version, body, at, isInDoubt: false })
    const answer = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    const kept = outbox.push({ id, name, version, body, lane, entityId, title, dependsOn, at }).then(
      ({ record }) => {
        keepingCount--
        return record
      },
      (error: unknown) => {
        keepingCount--
        leave(id)
        overlays.drop(id)
        const words = describeError(error)
        const entered = { name, entityId, version, body, lane }
        remember({ ...entered, kind: 'not-saved', words, at: clock.now(), pushedBefore: highestSeq() })
        settle(id, { outcome: 'failed', kind: 'unavailable', words })
        throw error
      },
    )
    // Whoever asks hears of it; the others have the answer.
    kept.catch(() => undefined)
    return Object.assign(answer, { id, kept })
  }

  /** How the store says these stand, whichever page pushed them. */
  function take(records: readonly OutboxRecord[]): void {
    let isOther = false
    for (const record of records) {
      const { id } = record
      show(record)
      if (isUnsent(record) && record.state !== 'stuck') {
        if (pending.has(id)) continue
        pending.set(id, toPending(record))
        isOther = true
      } else {
        isOther = pending.delete(id) || isOther
        judge(record)
        settle(id, toAnswer(record))
      }
    }
    if (isOther) list()
  }

  function list(): void {
    setListed([...pending.values()])
  }

  function show(record: OutboxRecord): void {
    const isHopedFor = isAccepted(record) || record.state === 'waiting' || record.state === 'sent'
    const isInDoubt = record.attempts > 0 && !isAccepted(record)
    if (isHopedFor) overlays.put({ ...record, isInDoubt })
    else overlays.drop(record.id)
  }

  function judge(record: OutboxRecord): void {
    const { id, name, entityId, lane, seq, state, endedAt, replacedBy } = record
    const isRefused = (state === 'refused' || state === 'stuck') && replacedBy === undefined
    if (isRefused) {
      if (refusals[toKey(name, entityId)]?.id === id) return
      const { kind = '', words = '', version, body } = record
      const entered = { id, name, entityId, version, body, lane }
      remember({ ...entered, kind, words, at: endedAt ?? clock.now(), pushedBefore: highestSeq() })
    } else if (state === 'accepted' || state === 'changed') {
      forget((refusal) => refusal.lane === lane && refusal.pushedBefore < seq)
    } else {
      forget((refusal) => refusal.id === id)
    }
  }

  /** It was seen off where it happened: nobody needs to do that once more in the outbox. */
  function dismissRefusal(name: string, entityId: string): void {
    const key = toKey(name, entityId)
    const id = refusals[key]?.id
    forget((_, other) => other === key)
    const record = id === undefined ? undefined : outbox.get(id)
    if (record?.state !== 'refused' || outbox.dependants(record.id).length > 0) return
    outbox.discard(record.id).catch(() => undefined)
  }

  function highestSeq(): number {
    return outbox.list().at(-1)?.seq ?? 0
  }

  function leave(id: string): void {
    if (pending.delete(id)) list()
  }

  function settle(id: string, answer: Answer): void {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  }

  function remember(refusal: KeptRefusal): void {
    const key = toKey(refusal.name, refusal.entityId)
    setRefusals(
      produce((kept) => {
        delete kept[key]
        kept[key] = refusal
        const [oldest] = Object.keys(kept)
        if (oldest !== undefined && Object.keys(kept).length > refusalCountMax) delete kept[oldest]
      }),
    )
  }

  function forget(applies: (refusal: KeptRefusal, key: string) => boolean): void {
    const gone = Object.entries(unwrap(refusals)).filter(([key, refusal]) => applies(refusal, key))
    if (gone.length === 0) return
    setRefusals(
      produce((kept) => {
        for (const [key] of gone) delete kept[key]
      }),
    )
  }
}

function toPending({ id, name, entityId, title, at }: OutboxRecord): PendingAction {
  return { id, name, entityId, title, at }
}

function toAnswer({ state, kind = '', words = '', position = '' }: OutboxRecord): Answer {
  switch (state) {
    case 'accepted':
      return { outcome: 'accepted', position }
    case 'changed':
      return { outcome: 'accepted', position, changed: words }
    case 'refused':
      return { outcome: 'rejected', kind, words, position }
    case 'discarded':
      return { outcome: 'rejected', kind: 'discarded', words: 'It was discarded before it was sent.', position }
    default:
      return { outcome: 'failed', kind: 'bad-frame', words }
  }
}

function toKey(name: string, entityId: string): string {
  return `${name} ${entityId}`
}

/** The plugin is in the name, before the dot. */
function toLane(name: string, category: string, entityId: string): string {
  return `${name.slice(0, name.indexOf('.'))}.${category}-${entityId}`.slice(0, laneLengthMax)
}
