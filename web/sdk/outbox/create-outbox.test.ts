import { expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { createMemoryDisk } from '../device-store/memory-device-store.ts'
import { settle } from '../testing/settle.ts'
import { createTestDevice, pushAll, toTestAction } from './testing/drive-outbox.ts'

const accepted: Answer = { outcome: 'accepted', position: '7' }
const rejected: Answer = { outcome: 'rejected', kind: 'too-full', words: 'The tank is full.', position: '8' }
const failed = (kind: 'unavailable' | 'out-of-order' | 'too-large' | 'forbidden'): Answer => ({
  outcome: 'failed',
  kind,
  words: `It is ${kind}.`,
})

test('E1 what was pushed is on the device before it is sent, and leaves with its number, id and fields', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  const { record, final } = await outbox.push(toTestAction('a', { body: '{"level":3}' }))
  expect(record).toMatchObject({ seq: 1, state: 'waiting', user: 'ada', build: '1', at: 1_000_000 })
  await settle()
  const head = { id: record.id, seq: 1, name: 'test.DoIt', version: 1, lane: 'a', at: 1_000_000 }
  expect(device.sent).toMatchObject([{ action: head, body: '{"level":3}' }])
  expect(outbox.get(record.id)).toMatchObject({ state: 'sent', attempts: 1 })
  await device.answer(0, accepted)
  expect(await final).toMatchObject({ state: 'accepted', position: '7', endedAt: 1_000_000 })
})

test('the three ends are told apart, with reason and input', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  const pushed = await pushAll(outbox, toTestAction('a'), toTestAction('b'), toTestAction('c', { body: '{"level":9}' }))
  await device.answer(0, accepted)
  await device.answer(1, { ...accepted, changed: 'Rounded to 10.' })
  await device.answer(2, rejected)
  expect(pushed.map(({ id }) => outbox.get(id))).toMatchObject([
    { state: 'accepted' },
    { state: 'changed', words: 'Rounded to 10.' },
    { state: 'refused', kind: 'too-full', words: 'The tank is full.', body: '{"level":9}' },
  ])
  expect(outbox.status()).toMatchObject({ unsent: 0, attention: 1, isSynced: true, highestSeq: 3, ackedSeq: 3 })
})

test('E4 a page that is killed leaves the next one what it had, which sends it again under the same ids and in order', async () => {
  const device = createTestDevice()
  const first = device.openPage()
  const pushed = await pushAll(first.outbox, toTestAction('a'), toTestAction('a'), toTestAction('b'))
  expect(device.sent).toHaveLength(3)
  first.kill()
  device.sent.length = 0
  const { outbox } = device.openPage()
  await settle()
  expect(device.sent.map(({ action }) => [action.id, action.prev])).toEqual([
    [pushed[0]?.id, undefined],
    [pushed[1]?.id, pushed[0]?.id],
    [pushed[2]?.id, undefined],
  ])
  const final = outbox.final(pushed[1]?.id ?? '')
  for (const index of [0, 1, 2]) await device.answer(index, accepted)
  expect((await final).state).toBe('accepted')
  expect(outbox.status()).toMatchObject({ isSynced: true, unsent: 0 })
})

test('it is never said that all is sent while something waits, from before it is on the device', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  expect(outbox.status().isSynced).toBe(false)
  await settle()
  expect(outbox.status().isSynced).toBe(true)
  const pushing = outbox.push(toTestAction('a'))
  expect(outbox.status().isSynced).toBe(false)
  await pushing
  expect(outbox.status()).toMatchObject({ isSynced: false, unsent: 1 })
  await settle()
  device.sent[0]?.answer(accepted)
  expect(outbox.status().isSynced).toBe(false)
  await settle()
  expect(outbox.status().isSynced).toBe(true)
})

test('it is not said either of what a page wrote that was killed before it could tell the others', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  const other = device.openPage({ isSender: false })
  await settle()
  void other.outbox.push(toTestAction('a')).catch(() => undefined)
  while (device.disk.outbox.figures().highestSeq === 0) await Promise.resolve()
  other.kill()
  await settle()
  expect(outbox.status().isSynced).toBe(false)
  device.clock.advance(5_000)
  await settle()
  expect(device.sent).toHaveLength(1)
  expect(outbox.status()).toMatchObject({ isSynced: false, unsent: 1 })
  await device.answer(0, accepted)
  expect(outbox.status().isSynced).toBe(true)
})

test('what a page let go that was killed before it could tell the others goes', async () => {
  const device = createTestDevice()
  device.openPage()
  const other = device.openPage({ isSender: false })
  const [needed] = await pushAll(other.outbox, toTestAction('a'))
  await device.answer(0, rejected)
  await other.outbox.discard(needed?.id ?? '')
  const [waiting] = await pushAll(other.outbox, toTestAction('b', { dependsOn: [needed?.id ?? ''] }))
  const id = waiting?.id ?? ''
  void other.outbox.retry(id).catch(() => undefined)
  while (device.disk.outbox.getMany([id])[0]?.dependsOn.length !== 0) await Promise.resolve()
  other.kill()
  await settle()
  expect(device.sent).toHaveLength(1)
  device.clock.advance(5_000)
  await settle()
  expect(device.sent.slice(1).map(({ action }) => action.id)).toEqual([id])
})

test('what another page pushed is sent by the one that sends, and each page sees how all stand', async () => {
  const device = createTestDevice()
  const leader = device.openPage()
  const other = device.openPage({ isSender: false })
  const { record, final } = await other.outbox.push(toTestAction('a'))
  await settle()
  expect(leader.outbox.status()).toMatchObject({ unsent: 1, sending: 1 })
  expect(device.sent.map(({ action }) => action.id)).toEqual([record.id])
  await device.answer(0, accepted)
  expect((await final).state).toBe('accepted')
  expect(other.outbox.status()).toMatchObject({ unsent: 0, isSynced: true })
})

test('pages that do not hear each other find what the others did by looking', async () => {
  const device = createTestDevice()
  device.openPage({ isDeaf: true })
  const other = device.openPage({ isSender: false, isDeaf: true })
  await settle()
  const { final } = await other.outbox.push(toTestAction('a'))
  for (let looks = 0; looks < 2; looks++) {
    device.clock.advance(10_000)
    await settle()
  }
  expect(device.sent).toHaveLength(1)
  await device.answer(0, accepted)
  for (let looks = 0; looks < 2; looks++) {
    device.clock.advance(10_000)
    await settle()
  }
  expect((await final).state).toBe('accepted')
})

test('E3 pages that push at once into one lane are sent in the order in which the device took it', async () => {
  const device = createTestDevice()
  const pages = [device.openPage(), device.openPage({ isSender: false }), device.openPage({ isSender: false })]
  await Promise.all(
    Array.from({ length: 15 }, (_, index) => pages[index % 3]?.outbox.push(toTestAction('a', { body: `${index}` }))),
  )
  await settle()
  const seqs = device.sent.map(({ action }) => action.seq)
  expect(seqs).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
  expect(device.sent.map(({ action }) => action.prev)).toEqual([
    undefined,
    ...device.sent.slice(0, -1).map(({ action }) => action.id),
  ])
})

test('when another page takes over, what was under way is sent again by that one, and by no other', async () => {
  const device = createTestDevice()
  const first = device.openPage()
  const second = device.openPage({ isSender: false })
  const [record] = await pushAll(first.outbox, toTestAction('a'))
  await first.setSender(false)
  await second.setSender(true)
  expect(device.sent.map(({ action }) => action.id)).toEqual([record?.id, record?.id].map(String))
  await device.answer(0, failed('unavailable'))
  device.clock.advance(60_000)
  await settle()
  expect(device.sent).toHaveLength(2)
  await device.answer(1, accepted)
  expect(first.outbox.get(record?.id ?? '')?.state).toBe('accepted')
})

test('what logic has decided counts, also where an earlier sender could not have it taken', async () => {
  const device = createTestDevice()
  const first = device.openPage()
  const second = device.openPage({ isSender: false })
  const [record] = await pushAll(first.outbox, toTestAction('a'))
  const { change } = first.store.outbox
  const written = createDeferred<void>()
  Object.assign(first.store.outbox, {
    change: async (...args: Parameters<typeof change>) => {
      await written.promise
      return change(...args)
    },
  })
  await device.answer(0, failed('too-large'))
  await first.setSender(false)
  await second.setSender(true)
  written.resolve()
  await settle()
  expect(second.outbox.get(record?.id ?? '')?.state).toBe('stuck')
  await device.answer(1, accepted)
  expect(second.outbox.get(record?.id ?? '')).toMatchObject({ state: 'accepted', position: '7' })
  expect(second.outbox.status()).toMatchObject({ attention: 0, isSynced: true })
})

test('without a connection nothing is sent, and it says so; with one all goes', async () => {
  const device = createTestDevice()
  device.setState({ is: 'offline', words: 'No connection.' })
  const { outbox } = device.openPage()
  await pushAll(outbox, toTestAction('a'))
  expect(device.sent).toHaveLength(0)
  expect(outbox.status()).toMatchObject({ unsent: 1, sending: 0, paused: 'offline', words: 'No connection.' })
  device.setState({ is: 'online' })
  await settle()
  expect(device.sent).toHaveLength(1)
  expect(outbox.status()).not.toHaveProperty('paused')
})

test('a sign-in that ended holds up all and drops nothing', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  await pushAll(outbox, toTestAction('a'), toTestAction('b'))
  await device.answer(0, failed('forbidden'))
  expect(outbox.status()).toMatchObject({ unsent: 2, paused: 'signed-out', words: 'It is forbidden.' })
  await pushAll(outbox, toTestAction('c'))
  expect(device.sent).toHaveLength(2)
  device.setState({ is: 'online' })
  await settle()
  expect(device.sent.slice(2).map(({ action }) => action.lane)).toEqual(['a', 'c'])
})

test('what the server cannot take is stuck, is no end, and holds up neither its lane nor others', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  const [one, two] = await pushAll(outbox, toTestAction('a'), toTestAction('a'))
  await device.answer(0, failed('too-large'))
  await device.answer(1, failed('out-of-order'))
  device.clock.advance(1_000)
  await settle()
  expect(device.sent.slice(2).map(({ action }) => [action.id, action.prev])).toEqual([[two?.id, undefined]])
  await device.answer(2, accepted)
  expect(outbox.get(one?.id ?? '')).toMatchObject({ state: 'stuck', words: 'It is too-large.' })
  expect(outbox.status()).toMatchObject({ unsent: 1, attention: 1, isSynced: false, ackedSeq: 0, highestSeq: 2 })
  await outbox.retry(one?.id ?? '')
  await settle()
  await device.answer(3, accepted)
  expect(outbox.status()).toMatchObject({ unsent: 0, attention: 0, isSynced: true, ackedSeq: 2 })
})

test('a device without room refuses before anybody believes it saved, and takes it when there is some', async () => {
  const disk = createMemoryDisk({ sizeBytesMax: 1_500 })
  const device = createTestDevice({ disk })
  const { outbox, store } = device.openPage()
  await store.cache.write({
    key: 'rows',
    stamp: 'a',
    head: {},
    changed: [{ id: '1', content: 'x'.repeat(700) }],
    removed: [],
  })
  await outbox.push(toTestAction('a', { body: 'y'.repeat(900) }))
  expect(await store.cache.heads()).toEqual([])
  expect(outbox.push(toTestAction('a', { body: 'z'.repeat(900) }))).rejects.toMatchObject({ kind: 'disk-full' })
  await settle()
  expect(outbox.status()).toMatchObject({ unsent: 1, highestSeq: 1 })
  await device.answer(0, accepted)
  disk.room.resize(10_000)
  const { record } = await outbox.push(toTestAction('a', { body: 'z'.repeat(900) }))
  expect(record.seq).toBe(2)
})

test('what could never be sent is refused before it is kept', async () => {
  const { outbox } = createTestDevice().openPage()
  expect(outbox.push(toTestAction('a', { body: 'ü'.repeat(130_000) }))).rejects.toMatchObject({ kind: 'too-large' })
  expect(outbox.push(toTestAction('a', { id: 'seven' }))).rejects.toMatchObject({ kind: 'bad-input' })
  expect(outbox.push(toTestAction('a', { dependsOn: ['seven'] }))).rejects.toMatchObject({ kind: 'bad-input' })
  await settle()
  expect(outbox.status()).toMatchObject({ unsent: 0, highestSeq: 0 })
})

test('E2 the same id pushed twice is one action', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  const id = device.makeUuid()
  const [one, two] = await pushAll(outbox, toTestAction('a', { id }), toTestAction('a', { id }))
  expect(two?.seq).toBe(one?.seq ?? 0)
  expect(device.sent).toHaveLength(1)
})
