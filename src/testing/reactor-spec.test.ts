import { expect, test } from 'bun:test'
import { defineJob } from '#job/define-job.ts'
import { defineReactor } from '#reactor/define-reactor.ts'
import type { Effects } from '#reactor/effects.ts'
import { integer } from '#vortex/protocol/fields.ts'
import { AddToCounter, CounterFilled, ResetCounter } from './counter.ts'
import { action, happened, submitted } from './happened.ts'
import { reactorSpec } from './reactor-spec.ts'

const added = happened(AddToCounter, { counterId: 'c', amount: 3, note: '' })
const reset = action(ResetCounter, { counterId: 'c' })

function reactor(react: (effects: Effects) => Promise<unknown>) {
  return defineReactor({
    plugin: 'test',
    name: 'resetter',
    on: (on) => [on(AddToCounter, async (_, effects) => void (await react(effects)))],
  })
}

test('a spec holds when exactly the wanted actions were pushed, in their order', async () => {
  const twice = reactorSpec(
    reactor(async (effects) => {
      await effects.push(ResetCounter, { counterId: 'c' })
      await effects.push(AddToCounter, { counterId: effects.idempotencyKey('other'), amount: 1, note: '' })
    }),
  ).given(added, happened(CounterFilled, { filling: '' }))
  await twice.thenEffects(reset, (keyOf) =>
    action(AddToCounter, { counterId: keyOf(added, 'other'), amount: 1, note: '' }),
  )
  expect(twice.thenEffects(reset)).rejects.toThrow('It pushed other actions')
})

test('jobs that a reactor submits are among its effects, and one that a repeat would submit twice does not pass', async () => {
  const Count = defineJob('test.Count', { input: { upTo: integer() }, output: {} })
  const submitting = reactor((effects) => effects.submitJob(Count, { upTo: 3 }))
  await reactorSpec(submitting)
    .given(added)
    .thenEffects(submitted(Count, { upTo: 3 }))
  let turn = 0
  const twice = reactor((effects) => effects.submitJob(Count, { upTo: 3 }, { key: `turn ${turn++}` }))
  expect(
    reactorSpec(twice)
      .given(added)
      .thenEffects(submitted(Count, { upTo: 3 })),
  ).rejects.toThrow('the repeat')
})

test('a reactor whose repeat would take effect too does not pass', async () => {
  let count = 0
  const counting = reactor((effects) => effects.push(AddToCounter, { counterId: 'c', amount: ++count, note: '' }))
  expect(reactorSpec(counting).given(added).thenEffects(reset)).rejects.toThrow('the repeat would take effect too')
})

test('what fails is said in its own words, and a push that gets no answer fails', async () => {
  const pushing = reactor((effects) => effects.push(ResetCounter, { counterId: 'c' }))
  const answer = () => ({ outcome: 'failed', kind: 'unavailable', words: 'the log is away' }) as const
  await reactorSpec(pushing, { answer }).given(added).thenFails('the log is away')
  expect(reactorSpec(pushing).given(added).thenFails('x')).rejects.toThrow('It did not fail')
})
