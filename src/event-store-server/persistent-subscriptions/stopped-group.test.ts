import { expect, test } from 'bun:test'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { defaultGroupSettings, type GroupKey } from './group-settings.ts'
import { PersistentSubscriptions } from './persistent-subscriptions.ts'

const key: GroupKey = { streamName: 'orders', groupName: 'crew' }

test('a consumer that finds a group between two settings is dropped and may come again, and does not wait for ever', async () => {
  const eventLog = new EventLog({ storage: new SqliteStorage({ file: ':memory:' }), log: silentLog })
  const groups = new PersistentSubscriptions({ eventLog, log: silentLog })
  await groups.create(key, defaultGroupSettings, undefined)
  const found = groups.find(key)
  await groups.update(key, { ...defaultGroupSettings, maxRetryCount: 1 }, undefined)

  const said: string[] = []
  const connection = {
    from: '',
    userName: '',
    connectionName: '',
    bufferSize: 10,
    send: () => true,
    end: (reason: string) => said.push(reason),
  }
  found?.connect(connection, () => said.push('confirmed'))
  groups.find(key)?.connect(connection, () => said.push('confirmed by the next one'))
  expect(said).toEqual(['dropped', 'confirmed by the next one'])
  await groups.stop()
  eventLog.stop()
})
