import { createStore, produce } from 'solid-js/store'
import type { Clock } from '#kernel/clock.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { Overlays } from './overlays.ts'

/** What a definition must tell the screen side; `defineAction` makes such. */
export type ActionLike<Values> = {
  readonly name: string
  readonly version: number
  entity(fields: Values): readonly [category: string, id: string]
  title(fields: Values): string
}

/** What an action is expected to do to the rows of one observable; a row it does not concern is returned as it is. */
export type Expected<Values> = { readonly on: string; readonly apply: (row: Row, fields: Values) => Row }

/** An action that was pushed and has no final answer yet. */
export type PendingAction = {
  readonly id: string
  readonly name: string
  readonly entityId: string
  readonly title: string
  readonly at: number
}

/** Why the latest action of a kind on an entity was not done. */
export type Refusal = { readonly kind: string; readonly words: string; readonly at: number }

/**
 * The actions of this page: those on their way, and the refusals a person has not yet seen off.
 * Shared by all components, so what is shown survives a screen that is left and opened again.
 *
 * Promises: actions of one entity carry the id of the one before, as long as that is not final (E3); a refusal stays
 * until it is dismissed, or an action pushed after it on the same entity is accepted.
 */
export interface ActionLedger {
  /** With `expected`, the rows of an observable show the effect at once, until the server's own word arrives. */
  push<Values>(definition: ActionLike<Values>, fields: Values, expected?: Expected<Values>): Promise<Answer>
  pending(name: string): readonly PendingAction[]
  lastRefusal(name: string, entityId: string): Refusal | undefined
  dismissRefusal(name: string, entityId: string): void
}

type KeptRefusal = Refusal & { readonly lane: string; readonly order: number }

const laneLengthMax = 200
const refusalCountMax = 200

export type ActionLedgerOptions = {
  readonly client: VortexClient
  readonly clock: Clock
  readonly overlays: Overlays
  readonly makeUuid: () => string
}

export function createActionLedger({ client, clock, overlays, makeUuid }: ActionLedgerOptions): ActionLedger {
  const [pending, setPending] = createStore<PendingAction[]>([])
  const [refusals, setRefusals] = createStore<Record<string, KeptRefusal>>({})
  /** The actions of each lane without a final answer, in order. */
  const lanes = new Map<string, string[]>()
  let order = 0

  return {
    push,
    pending: (name) => pending.filter((action) => action.name === name),
    lastRefusal: (name, entityId) => refusals[toKey(name, entityId)],
    dismissRefusal: (name, entityId) => forget((_, key) => key === toKey(name, entityId)),
  }

  async function push<Values>(
    definition: ActionLike<Values>,
    fields: Values,
    expected?: Expected<Values>,
  ): Promise<Answer> {
    const { name, version } = definition
    const [category, entityId] = definition.entity(fields)
    const lane = toLane(name, category, entityId)
    const id = makeUuid()
    const at = clock.now()
    const prev = enterLane(lane, id)
    const pushedAt = ++order
    setPending(pending.length, { id, name, entityId, title: definition.title(fields), at })
    const action = { id, name, version, at, lane, ...(prev === undefined ? {} : { prev }) }
    if (expected) overlays.add(id, expected.on, (row) => expected.apply(row, fields))
    const answer = await client.act(action, JSON.stringify(fields))
    overlays.onAnswer(id, answer)
    leaveLane(lane, id)
    setPending((actions) => actions.filter((one) => one.id !== id))
    if (answer.outcome === 'accepted') forget((refusal) => refusal.lane === lane && refusal.order < pushedAt)
    else
      remember(toKey(name, entityId), { kind: answer.kind, words: answer.words, at: clock.now(), lane, order: ++order })
    return answer
  }

  function enterLane(lane: string, id: string): string | undefined {
    const waiting = lanes.get(lane) ?? []
    const prev = waiting.at(-1)
    lanes.set(lane, [...waiting, id])
    return prev
  }

  function leaveLane(lane: string, id: string): void {
    const left = (lanes.get(lane) ?? []).filter((one) => one !== id)
    if (left.length > 0) lanes.set(lane, left)
    else lanes.delete(lane)
  }

  function remember(key: string, refusal: KeptRefusal): void {
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
    setRefusals(
      produce((kept) => {
        for (const [key, refusal] of Object.entries(kept)) if (applies(refusal, key)) delete kept[key]
      }),
    )
  }
}

function toKey(name: string, entityId: string): string {
  return `${name} ${entityId}`
}

/** The plugin is in the name, before the dot. */
function toLane(name: string, category: string, entityId: string): string {
  return `${name.slice(0, name.indexOf('.'))}.${category}-${entityId}`.slice(0, laneLengthMax)
}
