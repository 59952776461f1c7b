import { expect, test } from 'bun:test'
import { allKey, Consumer, fromStart, key, Store, settle } from './group-scenario.ts'
import { configStream, configType, jsonSystemEvent } from './group-streams.ts'

const entry = (stream: string, filter: object | null) => ({ stream, group: 'workers', filter, startPosition: '0' })
const badFilter = { on: 'stream-name', prefixes: [], regex: '(' }

test('a group this server cannot run costs none of the others, now or after the next change', async () => {
  const store = new Store()
  const written = { version: '2', entries: [entry('$all', badFilter), entry('work', null)] }
  const events = [jsonSystemEvent(configType, written)]
  await store.log.request({ kind: 'append', streamName: configStream, expected: 'any', events })
  await store.append(1)
  store.crash()
  const consumer = new Consumer(store)
  await settle()
  expect(consumer.values).toEqual([0])

  await store.groups.create({ ...key, groupName: 'others' }, fromStart, undefined)
  expect((await store.readTexts(configStream)).at(-1)).toContain('"stream":"$all"')
  expect(await store.groups.create(allKey, fromStart, undefined)).toBe('done')
  expect(store.groups.list().length).toBe(3)
  store.crash()
  expect(store.groups.list().length).toBe(3)
})

test('a group is not found by another stream and group whose names make the same one', async () => {
  const store = new Store()
  const secret = { streamName: 'orders::secret', groupName: 'crew' }
  const alike = { streamName: 'orders', groupName: 'secret::crew' }
  await store.groups.create(secret, fromStart, undefined)
  expect(store.groups.find(alike)).toBeUndefined()
  expect(await store.groups.create(alike, fromStart, undefined)).toBe('exists')
  expect(await store.groups.delete(alike, undefined)).toBe('does-not-exist')
  expect(store.groups.find(secret)).toBeDefined()
})
