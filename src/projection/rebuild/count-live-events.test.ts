import { expect, test } from 'bun:test'
import { type Position, toPosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import { countLiveEvents } from './count-live-events.ts'

const at = (bytes: number): Position => toPosition(BigInt(bytes), BigInt(bytes))

/** Live tables of version 2, made of 50 events, at this position of a log of 1,000 bytes. */
function count(position: number, toVersion = 2): Promise<number | undefined> {
  const row = { position: at(position), incarnation: 'i', version: 2, shape: 's', event_count: 50, epoch: 1 }
  const answer = (text: string) => Promise.resolve(text.includes('to_regclass') ? [{ there: true }] : [row])
  return countLiveEvents({
    begin: { liveSchema: 'l', toVersion },
    sql: { unsafe: answer } as Partial<QueryRunner> as QueryRunner,
    store: { head: async () => at(1_000) },
  })
}

test('a shadow of the same version will be made of as many events as the live tables are', async () => {
  expect(await count(1_000)).toBe(50)
  expect(await count(900)).toBe(50)
})

test('nobody knows what another version folds, nor what tables that catch up will meet', async () => {
  expect(await count(1_000, 3)).toBeUndefined()
  expect(await count(899)).toBeUndefined()
})
