import { expect, test } from 'bun:test'
import { silentLog } from '#kernel/log.ts'
import { createCancelSource } from '#vortex/calling/cancel.ts'
import type { AskDown } from '#vortex/protocol/call.ts'
import { answerOrders, type OrderDeskOptions } from './order-desk.ts'

function makeDesk(options: Partial<OrderDeskOptions> = {}) {
  const done: string[] = []
  const answer = answerOrders(
    async ({ name }) => `"${name} is a call"`,
    {
      service: 'worker',
      supervisor: { askRestart: (words) => done.push(`restart, ${words}`) },
      drainable: { drain: () => done.push('drain'), resume: () => done.push('resume') },
      log: silentLog,
      ...options,
    },
    () => done.push('told'),
  )
  const ask = (body: unknown, from?: AskDown['from']) => {
    const asked: AskDown = { k: 'ask', req: 1, name: 'peek.order', deadlineMs: 1_000, ...(from && { from }) }
    return answer(asked, JSON.stringify(body), createCancelSource())
  }
  return { done, ask }
}
const order = (name: string) => ({ order: name, by: 'ann', reason: 'a drill' })

test('an order is carried out, and whoever reports on the service is told', async () => {
  const { done, ask } = makeDesk()
  for (const name of ['drain', 'resume', 'restart']) expect(await ask(order(name))).toBe('{}')
  expect(done).toEqual(['drain', 'told', 'resume', 'told', 'restart, asked for by ann: a drill', 'told'])
})

test('what cannot be done here is refused in words, and nothing happens', async () => {
  const { done, ask } = makeDesk({ supervisor: undefined, drainable: undefined })
  await expect(ask(order('restart'))).rejects.toThrow('started by hand')
  await expect(ask(order('drain'))).rejects.toThrow('only a worker is drained')
  expect(done).toEqual([])
})

test('S3 an order that is none is refused as such', async () => {
  const { done, ask } = makeDesk()
  for (const body of [{}, order('explode'), 'drain']) await expect(ask(body)).rejects.toThrow('An order is wrong')
  expect(done).toEqual([])
})

test('S4 a call that logic passes on for another service is no order, whatever its name', async () => {
  const { done, ask } = makeDesk()
  const from = { caller: 'agent', instance: 'i', name: 'n' } as const
  expect(await ask(order('restart'), from)).toBe('"peek.order is a call"')
  expect(done).toEqual([])
})
