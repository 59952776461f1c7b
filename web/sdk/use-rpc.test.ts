import { afterEach, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { defineRpc } from '#rpc/define-rpc.ts'
import { integer } from '#vortex/protocol/fields.ts'
import { createPeek } from './create-peek.ts'
import type { Peek } from './peek.ts'
import { createFakeBrowser } from './testing/fake-browser.ts'
import { createFakeService } from './testing/fake-service.ts'
import { inPage } from './testing/in-page.ts'
import { settle } from './testing/settle.ts'
import { useRpc } from './use-rpc.ts'

const SubInts = defineRpc('tutorial.SubInts', {
  listensOn: 'agent',
  acceptsFrom: ['field-app'],
  input: { val1: integer(), val2: integer() },
  output: { difference: integer() },
})
const open: Peek[] = []
afterEach(() => {
  for (const peek of open.splice(0)) peek.close()
})

test('a call names whom it is for, and gives what was answered', async () => {
  const { service, openPage } = setUp()
  const { result: sub } = inPage(await openPage(), () => useRpc(SubInts))
  service.replyTo = () => ({ body: '{"difference":3}' })
  expect(await sub.call({ val1: 5, val2: 2 }, { to: { zone: 'north' } })).toEqual({ difference: 3 })
  const [ask] = service.asks
  expect(ask).toMatchObject({ name: 'tutorial.SubInts', to: { role: 'agent', zone: 'north' }, deadlineMs: 30_000 })
  expect(ask?.body).toBe('{"val1":5,"val2":2}')
  expect([sub.isCalling(), sub.lastFailure()]).toEqual([false, undefined])
})

test('V5 what goes wrong is one of a closed list, and shows until a call is answered', async () => {
  const { service, openPage } = setUp()
  const { result: sub } = inPage(await openPage(), () => useRpc(SubInts))
  const call = (val1: number) => sub.call({ val1, val2: 2 })
  service.replyTo = () => ({ error: { kind: 'not-found', words: 'no agent is connected' } })
  expect(call(1)).rejects.toMatchObject({ name: 'RpcFailure', kind: 'unknown-callee' })
  await settle()
  expect(sub.lastFailure()?.message).toBe('no agent is connected')
  expect(call(0.5)).rejects.toMatchObject({ kind: 'bad-input' })
  service.replyTo = () => ({ body: '{"difference":"x"}' })
  expect(call(1)).rejects.toMatchObject({ kind: 'failed' })
  service.replyTo = () => ({ body: '{"difference":1}' })
  await call(1)
  expect(sub.lastFailure()).toBeUndefined()
})

test.each([1, 2])('V5 what is not answered in time was late, and not lost, from tab %p too', async (tabCount) => {
  const { service, openPage, clock } = setUp()
  let peek = await openPage()
  for (let tab = 1; tab < tabCount; tab++) peek = await openPage()
  const { result: sub } = inPage(peek, () => useRpc(SubInts))
  service.replyTo = () => undefined
  const late = sub.call({ val1: 1, val2: 1 }, { timeoutMs: 500 })
  await settle()
  clock.advance(500)
  expect(late).rejects.toMatchObject({ kind: 'timeout', message: expect.stringContaining('500 ms') })
  await settle()
  expect(sub.isCalling()).toBe(false)
})

test('V5 a page that is closed leaves no call waiting, and takes no further one', async () => {
  const { service, openPage } = setUp()
  const peek = await openPage()
  service.replyTo = () => undefined
  const input = { val1: 1, val2: 1 }
  const [before, cancelled] = [peek.calls.call(SubInts, input), AbortSignal.abort()]
  peek.close()
  expect(before).rejects.toMatchObject({ kind: 'unavailable' })
  expect(peek.calls.call(SubInts, input)).rejects.toMatchObject({ kind: 'unavailable' })
  expect(peek.calls.call(SubInts, input, { signal: cancelled })).rejects.toMatchObject({ kind: 'cancelled' })
  await settle()
})

test.each([0, -1, 600_001, Number.NaN])(
  'V5 a call that may take %p ms is refused before anything is sent',
  async (timeoutMs) => {
    const { service, openPage } = setUp()
    const peek = await openPage()
    const call = peek.calls.call(SubInts, { val1: 1, val2: 1 }, { timeoutMs })
    expect(call).rejects.toMatchObject({ kind: 'bad-input', message: expect.stringContaining(String(timeoutMs)) })
    await settle()
    expect(service.asks).toEqual([])
  },
)

test('S4 a definition that does not accept the app is refused before anything is sent', async () => {
  const { service, openPage } = setUp()
  const peek = await openPage('office')
  expect(peek.calls.call(SubInts, { val1: 1, val2: 1 })).rejects.toMatchObject({ kind: 'wrong-caller' })
  await settle()
  expect(service.asks).toEqual([])
})

test.each([1, 2])('a screen that goes cancels what it called, from tab %p too', async (tabCount) => {
  const { service, openPage } = setUp()
  let peek = await openPage()
  for (let tab = 1; tab < tabCount; tab++) peek = await openPage()
  const page = inPage(peek, () => useRpc(SubInts))
  service.replyTo = () => undefined
  const calling = page.result.call({ val1: 1, val2: 1 })
  await settle()
  expect(page.result.isCalling()).toBe(true)
  page.dispose()
  expect(calling).rejects.toMatchObject({ kind: 'cancelled' })
  await settle()
  expect(service.cancelled).toEqual([service.asks[0]?.req ?? 0])
})

function setUp() {
  const service = createFakeService()
  const clock = createFakeClock(1_000_000)
  const browser = createFakeBrowser(service, clock)
  return {
    service,
    clock,
    openPage: async (app: 'field' | 'office' = 'field') => {
      const peek = createPeek({ app, surroundings: browser.openTab() })
      open.push(peek)
      await settle()
      return peek
    },
  }
}
