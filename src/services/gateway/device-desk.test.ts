import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { DevicesReport } from '#vortex/protocol/devices-report.ts'
import type { Act, DeviceReport } from '#vortex/protocol/up.ts'
import { createDeviceDesk, type HeldSession } from './device-desk.ts'

const accepted: Answer = { outcome: 'accepted', position: '1' }
const later: Answer = { outcome: 'failed', kind: 'unavailable', words: 'not now' }
const act = (seq: number): Act => ({ k: 'act', req: 1, id: newUuid(), name: 'p.Do', version: 1, at: 1, seq })
const said = (change: Partial<DeviceReport> = {}): DeviceReport => ({
  ...{ k: 'device', announced: 0, acked: 0, unsent: 0, attention: 0, build: '2.0.0', cached: 0 },
  ...change,
})

function createWorld() {
  const clock = createFakeClock(1_000_000)
  const told: DevicesReport[] = []
  let isAway = false
  const desk = createDeviceDesk({
    tell: async (report) => {
      if (isAway) throw new PlatformError('unavailable', 'logic is away')
      told.push(report)
    },
    clock,
    log: silentLog,
  })
  const pass = async (lengthMs: number): Promise<void> => {
    for (let each = 0; each < lengthMs; each += 1_000) {
      clock.advance(1_000)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }
  const connect = (device = newUuid(), build = '1.0.0'): HeldSession => {
    const session: HeldSession = {
      ...{ id: newUuid(), version: 4, address: '::1', openedAt: clock.now(), lastHeardAt: clock.now() },
      hello: { k: 'hello', versions: [4], role: 'device', name: 'field', device, instance: newUuid(), build },
      principal: { user: 'guest', device, service: 'field', roles: [] },
    }
    desk.open(session)
    return session
  }
  const setAway = (away: boolean): void => {
    isAway = away
  }
  return { desk, told, pass, connect, clock, setAway }
}

test('what is new of many devices is told once, a second later, in reports of bounded size', async () => {
  const { told, pass, connect } = createWorld()
  for (let count = 0; count < 450; count++) connect()
  expect(told).toEqual([])
  await pass(1_000)
  expect(told.map(({ devices }) => devices.length)).toEqual([200, 200, 50])
  await pass(10_000)
  expect(told).toHaveLength(3)
})

test('the highest number that was announced, and the highest one answered for good', async () => {
  const { desk, told, pass, connect } = createWorld()
  const session = connect()
  desk.answered(session, act(4), accepted)
  desk.answered(session, act(9), later)
  desk.answered(session, act(3), accepted)
  await pass(1_000)
  expect(told.at(-1)?.devices).toMatchObject([{ announcedSeq: 9, answeredSeq: 4, told: null }])
  desk.told(session, said({ announced: 12, acked: 2, unsent: 10, at: 1_003_500, storageQuota: 5 }))
  await pass(1_000)
  expect(told.at(-1)?.devices).toMatchObject([
    {
      ...{ announcedSeq: 12, answeredSeq: 4, build: '2.0.0' },
      told: { endedSeq: 2, unsentCount: 10, storageQuotaBytes: 5, storageUsedBytes: null, clockOffsetMs: 2_500 },
    },
  ])
})

test('S1 while logic is away nothing is lost: it is told when logic is back, who left meanwhile included', async () => {
  const { desk, told, pass, connect, setAway } = createWorld()
  const [stays, leaves] = [connect(), connect()]
  setAway(true)
  await pass(20_000)
  desk.answered(leaves, act(2), accepted)
  desk.close(leaves)
  setAway(false)
  await pass(6_000)
  const last = new Map(told.flatMap(({ devices }) => devices).map((device) => [device.device, device]))
  expect(last.get(leaves.hello.device)).toMatchObject({ answeredSeq: 2, contacts: [{ isOpen: false }] })
  expect(last.get(stays.hello.device)).toMatchObject({ contacts: [{ id: stays.id, isOpen: true }] })
})

test('a sequence begins anew with another storage, not where a device once did not say which it has', async () => {
  const { desk, told, pass, connect } = createWorld()
  const session = connect()
  const [storage, other] = [newUuid(), newUuid()]
  desk.told(session, said({ announced: 9, storage }))
  desk.answered(session, act(7), accepted)
  desk.told(session, said({ announced: 9 }))
  desk.told(session, said({ announced: 9, storage }))
  await pass(1_000)
  expect(told.at(-1)?.devices).toMatchObject([{ announcedSeq: 9, answeredSeq: 7, told: { storageId: storage } }])
  desk.told(session, said({ announced: 9 }))
  desk.told(session, said({ announced: 1, storage: other }))
  await pass(1_000)
  expect(told.at(-1)?.devices).toMatchObject([{ announcedSeq: 1, answeredSeq: 0, told: { storageId: other } }])
})

test('an answer that comes when its device has gone is told too', async () => {
  const { desk, told, pass, connect } = createWorld()
  const session = connect()
  desk.close(session)
  await pass(2_000)
  desk.answered(session, act(5), accepted)
  await pass(2_000)
  expect(told.at(-1)?.devices).toMatchObject([{ answeredSeq: 5, contacts: [{ id: session.id, isOpen: false }] }])
})

test('another logic that begins to lead hears who is connected', async () => {
  const { desk, told, pass, connect } = createWorld()
  const session = connect()
  await pass(2_000)
  desk.tellAgain()
  await pass(2_000)
  expect(told.map(({ devices }) => devices.map(({ device }) => device))).toEqual([
    [session.hello.device],
    [session.hello.device],
  ])
})

test('S3 what a device says of itself is bounded and fits a database', async () => {
  const { desk, told, pass, connect } = createWorld()
  const session = connect(newUuid(), `a\u0000b\ud800${'x'.repeat(300)}`)
  desk.told(session, said({ unsent: Number.MAX_SAFE_INTEGER, build: '', at: 1e300 }))
  await pass(1_000)
  const [device] = told.at(-1)?.devices ?? []
  expect(device?.build).toMatch(/^ab.x+$/u)
  expect(device?.build).toHaveLength(200)
  expect(device?.told).toMatchObject({ unsentCount: 1_000_000_000, clockOffsetMs: null })
})

test('S2 a stop tells what is left', async () => {
  const { desk, told, connect } = createWorld()
  desk.close(connect())
  await desk.stop()
  expect(told).toHaveLength(1)
})
