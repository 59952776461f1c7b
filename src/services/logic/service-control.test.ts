import { expect, test } from 'bun:test'
import type { ServiceView } from '#admin/service-control.ts'
import { toServiceView } from '#admin/testing/fake-service-control.ts'
import { silentLog } from '#kernel/log.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { WireErrorKind } from '#vortex/protocol/wire-error.ts'
import type { SupervisorLine } from '../process-surroundings.ts'
import { createServiceControl } from './service-control.ts'

const identity = {
  name: 'logic',
  instanceName: 'l',
  zone: 'main',
  id: 'logic-1',
  device: 'd',
  build: '1',
  host: 'h',
  pid: 7,
  startedAt: 5,
}
const restart = { order: 'restart', by: 'ann', reason: 'a drill' } as const

const row = (change: Partial<ServiceView>) =>
  toServiceView({ id: 'agent-9', host: 'h', pid: 99, state: 'lost', ...change })

function makeControl(refusal?: WireErrorKind, rows: readonly ServiceView[] = [], runs: readonly number[] = []) {
  const done: string[] = []
  const toSession = (instance: string) => ({
    hello: {
      k: 'hello' as const,
      role: 'service' as const,
      name: 'agent',
      device: 'd',
      instance,
      build: '1',
      versions: [1],
    },
    ask: async (name: string, body: string) => {
      if (refusal) throw new RequestFailure({ kind: refusal, words: 'it was started by hand' })
      done.push(`${instance} ${name} ${body}`)
      return '{}'
    },
  })
  const sessions = [toSession('agent-1'), toSession('agent-2')]
  const supervisor: SupervisorLine = {
    askRestart: (words) => done.push(`logic ${words}`),
    restartOther: async ({ name, pid }, words) => {
      done.push(`${name} ${pid} ${words}`)
      return runs.includes(pid)
    },
  }
  const control = createServiceControl({
    context: { identity, log: silentLog, supervisor },
    board: {
      services: { rows: () => rows },
      parts: { rows: () => [] },
      noteRestart: (instance) => done.push(`${instance} shows as restarting`),
    },
    sessions: () => sessions,
  })
  return { control, done }
}

test('an order goes to the instance it names and to no other; a restart shows from then on', async () => {
  const { control, done } = makeControl()
  await control.order('agent-2', restart)
  await control.order('agent-1', { ...restart, order: 'drain' })
  expect(done).toEqual([
    `agent-2 peek.order ${JSON.stringify(restart)}`,
    'agent-2 shows as restarting',
    `agent-1 peek.order ${JSON.stringify({ ...restart, order: 'drain' })}`,
  ])
})

test('an order to logic itself needs no link', async () => {
  const { control, done } = makeControl()
  await control.order('logic-1', restart)
  expect(done).toEqual(['logic asked for by ann: a drill', 'logic-1 shows as restarting'])
})

test('an instance that is not connected, refuses or does not answer shows as none of that, in words', async () => {
  await expect(makeControl().control.order('agent-9', restart)).rejects.toMatchObject({ kind: 'unavailable' })
  for (const [refusal, kind] of [
    ['bad-input', 'bad-input'],
    ['timeout', 'unavailable'],
  ] as const) {
    const { control, done } = makeControl(refusal)
    await expect(control.order('agent-1', restart)).rejects.toMatchObject({ kind })
    await expect(control.order('agent-1', restart)).rejects.toThrow('it was started by hand')
    expect(done).toEqual([])
  }
})

test('one that does not answer is ended by the supervisor that runs it beside logic, and shows as restarting', async () => {
  const ended = 'agent 99 asked for by ann, as it does not answer: a drill'
  const lost = makeControl(undefined, [row({})], [99])
  await lost.control.order('agent-9', restart)
  expect(lost.done).toEqual([ended, 'agent-9 shows as restarting'])
  const hanging = makeControl('timeout', [row({ id: 'agent-1', state: 'online' })], [99])
  await hanging.control.order('agent-1', restart)
  expect(hanging.done).toEqual([ended, 'agent-1 shows as restarting'])
})

test('one of another machine, by hand, or that runs no more is not ended, and neither is one that is to be drained', async () => {
  for (const change of [{ host: 'elsewhere' }, { isSupervised: false }]) {
    const { control, done } = makeControl(undefined, [row(change)], [99])
    await expect(control.order('agent-9', restart)).rejects.toMatchObject({ kind: 'unavailable' })
    expect([control.canForce('agent-9'), done]).toEqual([false, []])
  }
  const gone = makeControl(undefined, [row({})], [100])
  await expect(gone.control.order('agent-9', restart)).rejects.toThrow('none that the supervisor')
  const drained = makeControl(undefined, [row({ name: 'worker' })], [99])
  await expect(drained.control.order('agent-9', { ...restart, order: 'drain' })).rejects.toThrow('not connected')
  expect(drained.done).toEqual([])
})
