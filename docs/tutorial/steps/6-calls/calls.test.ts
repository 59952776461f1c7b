import { expect, test } from 'bun:test'
import { fakePart } from '#testing'
import { callLogic } from './agent/call-logic.ts'
import { answerAgent } from './logic/answer-agent.ts'
import { callAgent } from './logic/call-agent.ts'
import { tryUntilDone } from './try-until-done.ts'

test('the agent has logic add seven five times, and add one row however often it asks', async () => {
  const logic = fakePart({ service: 'logic' })
  const handlers = answerAgent(logic.context)
  const agent = fakePart({ service: 'agent', answers: () => handlers })
  await callLogic(agent.context)
  expect(agent.lines('debug')).toEqual([5, 12, 19, 26, 33, 40].map((int) => `seedInt = ${int}`))
  await callLogic(agent.context)
  expect(new Set(logic.pushed().map(({ id }) => id)).size).toBe(1)
})

test('logic asks again where no agent is there', async () => {
  const logic = fakePart({ service: 'logic' })
  tryUntilDone(logic.context, { what: 'Calling an agent', firstMs: 10_000, work: () => callAgent(logic.context) })
  await logic.advance(10_000)
  expect(logic.lines('info')).toEqual([
    'Calling an agent: Nobody listens to "learning.SubtractInts". Trying again in 5 s.',
  ])
})
