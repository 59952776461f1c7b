import { expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { askForHelpFields, helpFieldsLengthMax } from '#vortex/protocol/help-request.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { toSchema } from '#vortex/protocol/tuple.ts'
import type { OutboxRecord } from './device-store/outbox-record.ts'
import { createHelp } from './help.ts'
import type { NewAction } from './outbox/outbox.ts'

const recordOf = (change: Partial<OutboxRecord> = {}): OutboxRecord => ({
  ...{ seq: 4, id: newUuid(), name: 'p.Do', version: 1, body: '{"n":1}', lane: 'p.Thing-1', dependsOn: [] },
  ...{ entityId: '1', title: 'Do it', at: 5, build: '1.0.0', user: 'guest', state: 'refused', attempts: 2 },
  ...change,
})

function createWorld(records: readonly OutboxRecord[]) {
  const pushed: NewAction[] = []
  const help = createHelp({
    device: newUuid(),
    outbox: {
      push: async (action) => {
        pushed.push(action)
        const record = recordOf({ ...action, dependsOn: [], state: 'waiting' })
        return { record, final: Promise.resolve(record) }
      },
    },
    getMany: async (ids) => records.filter(({ id }) => ids.includes(id)),
    makeUuid: newUuid,
  })
  return { help, pushed }
}

test('a request holds the actions as the device has them, and goes through the outbox in a lane of its own', async () => {
  const record = recordOf({ kind: 'no', words: 'not today' })
  const { help, pushed } = createWorld([record])
  await help.ask([record.id], 'what now?')
  const [action] = pushed
  const fields = JSON.parse(action?.body ?? '')
  expect(action).toMatchObject({ name: 'peek.AskForHelp', id: fields.id, lane: `peek.DeviceHelp-${help.device}` })
  expect(fields).toMatchObject({
    ...{ device: help.device, words: 'what now?' },
    records: [{ id: record.id, seq: 4, state: 'refused', reason: 'not today', fields: '{"n":1}' }],
  })
})

test('S3 whatever stands on the device, what is asked fits what logic takes', async () => {
  const records = Array.from({ length: 20 }, () =>
    recordOf({ body: `{"t":"${'é\ud800\u0000'.repeat(helpFieldsLengthMax)}"}`, title: 't'.repeat(5_000) }),
  )
  const { help, pushed } = createWorld(records)
  await help.ask(
    records.slice(0, 1).map(({ id }) => id),
    'x',
  )
  expect(parseWith(toSchema(askForHelpFields), JSON.parse(pushed[0]?.body ?? ''))).toMatchObject({ ok: true })
  await help.ask(
    records.map(({ id }) => id),
    'x',
  )
  expect(parseWith(toSchema(askForHelpFields), JSON.parse(pushed[1]?.body ?? ''))).toMatchObject({ ok: true })
  expect(new TextEncoder().encode(pushed[1]?.body).length).toBeLessThan(200 * 1024)
})

test('nothing is sent of what nobody could answer', () => {
  const { help, pushed } = createWorld([])
  expect(help.ask([], ' ')).rejects.toMatchObject({ kind: 'bad-input' })
  expect(help.ask([newUuid()], '')).rejects.toMatchObject({ kind: 'bad-input' })
  expect(help.ask([], 'x'.repeat(2_001))).rejects.toThrow('at most 2000')
  expect(help.ask(Array.from({ length: 21 }, newUuid), 'x')).rejects.toThrow('at most 20')
  expect(pushed).toEqual([])
})
