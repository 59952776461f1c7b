import { expect, test } from 'bun:test'
import { Writable } from 'node:stream'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { giveStreamsRoom } from './roomy-streams.ts'

test('a stream of the client always has room, so that its queue never holds what a lost connection could reject', () => {
  const client = KurrentDBClient.connectionString('kurrentdb://127.0.0.1:1?tls=false')
  giveStreamsRoom(client)
  const streams: unknown = Reflect.get(client, 'disposableStreams')
  const stream = new Writable({ objectMode: true, write: () => undefined })
  if (streams instanceof Set) streams.add(stream)
  const answers = Array.from({ length: 1_000 }, () => stream.write({}))
  expect(answers.every((hasRoom) => hasRoom)).toBe(true)
})
