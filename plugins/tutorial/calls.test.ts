import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import { answerRpc } from '#plugin-api'
import { fakePart } from '#testing'
import { tutorialAgentPart } from './agent/agent-part.ts'
import { beginCalls } from './agent/begin-calls.ts'
import { callLogic, createdByAgent } from './agent/call-logic.ts'
import { answerAgent } from './logic/answer-agent.ts'
import { callAgent } from './logic/call-agent.ts'
import { AddStringInt } from './shared/actions.ts'
import { NegateNumber } from './shared/jobs.ts'
import { SubtractInts } from './shared/rpcs.ts'
import { tryUntilDone } from './try-until-done.ts'
import { negateNumber } from './worker/negate-number.ts'

/** An agent and the logic it calls. */
function agentWithLogic(options: { readonly isLogicThere?: () => boolean; readonly failing?: boolean } = {}) {
  const { isLogicThere = () => true, failing = false } = options
  const answer = failing ? ({ outcome: 'failed', kind: 'unavailable', words: 'no store' } as const) : undefined
  const logic = fakePart({ service: 'logic', ...(answer && { answer: () => answer }) })
  const handlers = answerAgent(logic.context)
  const agent = fakePart({ service: 'agent', answers: () => (isLogicThere() ? handlers : []) })
  return { agent, logic }
}

describe('the agent', () => {
  test('has logic add seven five times, beginning with five', async () => {
    const { agent, logic } = agentWithLogic()
    await callLogic(agent.context)
    expect(agent.lines('debug')).toEqual([5, 12, 19, 26, 33, 40].map((int) => `seedInt = ${int}`))
    expect(logic.lines('debug')).toEqual([
      'Agent said: Agent RPC Example Started',
      'Agent said: Agent RPC Example Completed',
    ])
  })

  test('E2 has logic add one row, under one id however often it asks', async () => {
    const { agent, logic } = agentWithLogic()
    await callLogic(agent.context)
    await callLogic(agent.context)
    const { requestId, ...fields } = createdByAgent
    expect(logic.pushed().map(({ id, definition }) => [id, definition.name])).toEqual([
      [requestId, AddStringInt.name],
      [requestId, AddStringInt.name],
    ])
    expect(logic.pushed()[0]?.fields).toEqual(fields)
  })

  test('calls some seconds after it started, and whenever its settings change', async () => {
    const { agent } = agentWithLogic()
    beginCalls(agent.context)
    expect(agent.lines()).toEqual([])
    await agent.advance(5_000)
    expect(agent.lines()).toContain('seedInt = 40')
    agent.set({ step: 10 })
    await agent.advance(0)
    expect(agent.lines().at(-1)).toBe('seedInt = 55')
    agent.set({ makesCalls: false })
    await agent.advance(60_000)
    expect(agent.lines().at(-1)).toBe('seedInt = 55')
  })

  test('asks again where it is not known whether the row was added', async () => {
    const { agent } = agentWithLogic({ failing: true })
    await expect(callLogic(agent.context)).rejects.toThrow('no store')
  })

  test('subtracts for logic', async () => {
    const { rpcs } = tutorialAgentPart
    const logic = fakePart({ service: 'logic', answers: () => (typeof rpcs === 'function' ? [] : rpcs) })
    await callAgent(logic.context)
    expect(logic.lines('debug')).toEqual(['seedInt result = 2 (should be 2)'])
  })
})

describe('what is begun and fails', () => {
  test('says so once for everybody, and is tried again with growing pauses until it goes well', async () => {
    let isThere = false
    const logic = fakePart({
      service: 'logic',
      answers: () => (isThere ? [answerRpc(SubtractInts, () => ({ difference: 2 }))] : []),
    })
    const work = () => callAgent(logic.context)
    tryUntilDone(logic.context, { what: 'Calling an agent', firstMs: 10_000, work })
    await logic.advance(10_000)
    await logic.advance(5_000)
    expect(logic.lines('info')).toEqual([
      'Calling an agent: Nobody listens to "tutorial.SubtractInts". Trying again in 5 s.',
    ])
    expect(logic.lines('debug').at(-1)).toContain('Trying again in 10 s.')
    isThere = true
    await logic.advance(10_000)
    expect(logic.lines().at(-1)).toBe('seedInt result = 2 (should be 2)')
    const { length } = logic.lines()
    await logic.advance(600_000)
    expect(logic.lines()).toHaveLength(length)
  })

  test('ends with its part, without a word', async () => {
    const logic = fakePart({ service: 'logic' })
    tryUntilDone(logic.context, { what: 'Calling an agent', firstMs: 10_000, work: () => callAgent(logic.context) })
    await logic.stop()
    await logic.advance(60_000)
    expect(logic.lines()).toEqual([])
  })

  test('says nothing of what failed because its part ended', async () => {
    const logic = fakePart({ service: 'logic' })
    const underWay = Promise.withResolvers<void>()
    tryUntilDone(logic.context, { what: 'Waiting', firstMs: 1_000, work: () => underWay.promise })
    await logic.advance(1_000)
    await logic.stop()
    underWay.reject(new Error('the part has ended'))
    await logic.advance(60_000)
    expect(logic.lines()).toEqual([])
  })
})

describe('the worker', () => {
  test('negates the number it is given, and says so', () => {
    const worker = fakePart({ service: 'worker' })
    expect(negateNumber({ number: 24 }, worker.context)).toEqual({ negated: -24 })
    expect(worker.lines('debug')).toEqual(['Random number 24, negated -24'])
  })

  test('is given a random one every five seconds', () => {
    const { schedule, inputSchema } = NegateNumber
    expect(schedule).toMatchObject({ everyMs: 5_000 })
    const { number } = v.parse(inputSchema, schedule?.input(0))
    expect(number).toBeWithin(1, 1_001)
  })
})
