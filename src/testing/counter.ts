import { createActionRegistry } from '#action/action-registry.ts'
import type { ActionRequest } from '#action/action-request.ts'
import { type ActionRunner, type ActionRunnerOptions, createActionRunner } from '#action/action-runner.ts'
import { accept, type Decider, decideOn, defineDecider, evolveOn, fact, reject } from '#action/decider.ts'
import { defineAction, defineEvent } from '#action/define-action.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { integer, text } from '#vortex/protocol/fields.ts'

/** A small business to test the platform with: a counter that may not fall below zero. */
const ofCounter = (fields: { readonly counterId: string }) => ['Counter', fields.counterId] as const

export const AddToCounter = defineAction('test.AddToCounter', {
  version: 1,
  fields: { counterId: text(), amount: integer(), note: text() },
  entity: ofCounter,
  title: ({ amount }) => `Add ${amount}`,
})
export const ResetCounter = defineAction('test.ResetCounter', {
  version: 1,
  fields: { counterId: text() },
  entity: ofCounter,
  title: () => 'Reset',
  access: 'admin',
})
export const BreakCounter = defineAction('test.BreakCounter', {
  version: 1,
  fields: { counterId: text() },
  entity: ofCounter,
  title: () => 'Break',
})
/** Records facts of so many characters. */
export const FillCounter = defineAction('test.FillCounter', {
  version: 1,
  fields: { counterId: text(), charCount: integer() },
  entity: ofCounter,
  title: () => 'Fill',
})
export const CounterFilled = defineEvent('test.CounterFilled', { version: 1, fields: { filling: text() } })

export type CounterState = { readonly sum: number; readonly fillCount: number }

export const counter = defineDecider<CounterState>({
  category: 'Counter',
  initialState: () => ({ sum: 0, fillCount: 0 }),
  decide: [
    decideOn(AddToCounter, ({ amount }, { sum }) =>
      sum + amount < 0 ? reject('below-zero', `${sum + amount} is below zero.`) : accept(),
    ),
    decideOn(ResetCounter, () => accept()),
    decideOn(BreakCounter, () => {
      throw new Error('a bug of the decider')
    }),
    decideOn(FillCounter, ({ charCount }) => {
      const partCount = Math.ceil(charCount / 100_000)
      const filling = 'x'.repeat(Math.ceil(charCount / partCount))
      return accept(...Array.from({ length: partCount }, () => fact(CounterFilled, { filling })))
    }),
  ],
  evolve: [
    evolveOn(AddToCounter, (state, { amount }) => ({ ...state, sum: state.sum + amount })),
    evolveOn(ResetCounter, () => ({ sum: 0, fillCount: 0 })),
    evolveOn(CounterFilled, (state) => ({ ...state, fillCount: state.fillCount + 1 })),
  ],
})

const by = { user: 'ann', device: 'tablet-1', service: 'field-1', roles: [] }

/** An action as the edge hands it to logic. */
export function counterRequest(change: Partial<ActionRequest> & { readonly fields?: object } = {}): ActionRequest {
  const { fields = {}, ...rest } = change
  const body = JSON.stringify({ counterId: 'c1', amount: 1, note: '', ...fields })
  return { id: newUuid(), name: AddToCounter.name, version: 1, at: 1_000, by, body, ...rest }
}

export function requestOf(name: string, fields: object, change: Partial<ActionRequest> = {}): ActionRequest {
  return { ...counterRequest({ name, body: JSON.stringify(fields) }), ...change }
}

/** A runner of counters over a store; nothing is in the list of past actions unless said. */
export function createCounterRunner(
  options: Pick<ActionRunnerOptions, 'store'> &
    Partial<ActionRunnerOptions> & { readonly deciders?: Decider<unknown>[] },
): ActionRunner {
  const registry = createActionRegistry()
  for (const decider of options.deciders ?? [counter]) registry.register('test', decider)
  return createActionRunner({
    registry,
    past: { find: async () => undefined },
    clock: createFakeClock(5_000),
    log: silentLog,
    pluginVersion: () => '1.2.3',
    ...options,
  })
}
