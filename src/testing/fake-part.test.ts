import { expect, test } from 'bun:test'
import { defineSettings } from '#plugin-api/part-context.ts'
import { defineRpc } from '#rpc/define-rpc.ts'
import { answerRpc } from '#rpc/rpc.ts'
import { integer } from '#vortex/protocol/fields.ts'
import { fakePart } from './fake-part.ts'

const Half = defineRpc('test.Half', {
  listensOn: 'logic',
  acceptsFrom: ['agent'],
  input: { int: integer() },
  output: { half: integer() },
})
const answers = () => [answerRpc(Half, ({ int }) => ({ half: int / 2 }))]

test('time of a part in memory moves only when it is told to, and its work never runs twice at a time', async () => {
  const part = fakePart({ service: 'agent' })
  let turns = 0
  const open = Promise.withResolvers<void>()
  part.context.every(1_000, () => {
    turns++
    return turns === 2 ? open.promise : undefined
  })
  await part.advance(1_000)
  expect(turns).toBe(1)
  await part.advance(1_000)
  await part.advance(5_000)
  expect(turns).toBe(2)
  open.resolve()
  await part.advance(0)
  await part.advance(1_000)
  expect(turns).toBe(3)
})

test('what its work throws is in its log, and the next turn comes', async () => {
  const part = fakePart({ service: 'agent' })
  part.context.every(1_000, () => {
    throw new Error('no luck')
  })
  await part.advance(1_000)
  await part.advance(1_000)
  expect(part.lines('error')).toEqual(['no luck', 'no luck'])
})

test('V5 its calls are refused as on the platform: for the caller, the input, the output, and where nobody listens', async () => {
  const agent = fakePart({ service: 'agent', answers })
  expect(await agent.context.rpc.call(Half, { int: 4 })).toEqual({ half: 2 })
  const kindOf = (part: typeof agent, int: number) =>
    part.context.rpc.call(Half, { int }).catch(({ kind }: { kind: string }) => kind)
  expect(await kindOf(agent, 0.5)).toBe('bad-input')
  expect(await kindOf(agent, 3)).toBe('failed')
  expect(await kindOf(fakePart({ service: 'worker', answers }), 4)).toBe('wrong-caller')
  expect(await kindOf(fakePart({ service: 'agent' }), 4)).toBe('unknown-callee')
})

test('its settings are the defaults where nothing that fits is set, and a change is told', () => {
  const definition = defineSettings('test', {
    fields: { step: integer({ min: 1 }) },
    defaults: { step: 7 },
    words: { step: 'How far.' },
  })
  const part = fakePart({ service: 'agent', settings: { step: 0 } })
  const seen: number[] = []
  part.context.settings.onChange(() => seen.push(part.context.settings.get(definition).step))
  expect(part.context.settings.get(definition)).toEqual({ step: 7 })
  part.set({ step: 10 })
  expect(seen).toEqual([10])
})

test('S1 a stop ends its timers and calls, aborts its signal, and runs what was to be closed, the last one first', async () => {
  const part = fakePart({ service: 'agent', answers })
  const closed: string[] = []
  part.context.onStop(() => void closed.push('first'))
  part.context.onStop(() => void closed.push('second'))
  part.context.after(1_000, () => void closed.push('too late'))
  await part.stop()
  await part.advance(10_000)
  expect(closed).toEqual(['second', 'first'])
  expect(part.context.signal.aborted).toBe(true)
  await expect(part.context.rpc.call(Half, { int: 4 })).rejects.toMatchObject({ kind: 'unavailable' })
})
