import { expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { createFrameInbox, gunzipByStream } from './frame-inbox.ts'

const bytes = new Uint8Array([1])

test('text waits behind a frame that is being unpacked, and only then', async () => {
  const unpacked = createDeferred<string>()
  const delivered: string[] = []
  const inbox = createFrameInbox(
    () => unpacked.promise,
    (text) => delivered.push(text),
    fail,
  )
  inbox.onText('1')
  expect(delivered).toEqual(['1'])
  inbox.onBytes(bytes)
  inbox.onText('3')
  expect(delivered).toEqual(['1'])
  unpacked.resolve('2')
  await settle()
  expect(delivered).toEqual(['1', '2', '3'])
  inbox.onText('4')
  expect(delivered).toEqual(['1', '2', '3', '4'])
})

test('a damaged frame is told, and what follows still comes', async () => {
  const delivered: string[] = []
  let damage = 0
  const broken = () => {
    throw new Error('not gzip')
  }
  const inbox = createFrameInbox(
    broken,
    (text) => delivered.push(text),
    () => damage++,
  )
  inbox.onBytes(bytes)
  inbox.onText('next')
  await settle()
  expect([damage, delivered]).toEqual([1, ['next']])
})

test('nothing is delivered after close', async () => {
  const unpacked = createDeferred<string>()
  const inbox = createFrameInbox(() => unpacked.promise, fail, fail)
  inbox.onBytes(bytes)
  inbox.close()
  unpacked.resolve('late')
  await settle()
})

test('the browser way of unpacking gives back the text', async () =>
  expect(await gunzipByStream(Bun.gzipSync('größer'))).toBe('größer'))

function fail(): never {
  throw new Error('nothing was expected here')
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve()
}
