import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import type { Passwords } from './password-hasher.ts'
import { UserDirectory } from './user-directory.ts'

const plainPasswords: Passwords = {
  hash: async (password) => `hash of ${password}`,
  isPassword: async (password, prepare) => prepare() === `hash of ${password}`,
}
const ann = { loginName: 'ann', fullName: 'Ann', groups: ['writers'], password: 'secret' }
const root = { loginName: 'root', fullName: 'Root', groups: ['$admins'], password: 'secret' }

function openUsers() {
  const log = new EventLog({ storage: new SqliteStorage({ file: ':memory:' }), log: silentLog })
  return { log, users: new UserDirectory(log, plainPasswords), again: () => new UserDirectory(log, plainPasswords) }
}

describe('the users', () => {
  test('are in the log: who opens it again finds them as they were', async () => {
    const { users, again } = openUsers()
    expect(users.find('ann')).toBeUndefined()
    expect(await users.create(ann)).toBe('done')
    expect(await users.update('ann', { fullName: 'Ann B', groups: [] })).toBe('done')
    expect(await users.update('ann', { isDisabled: true })).toBe('done')
    expect(await users.setPassword('ann', 'other')).toBe('done')
    const changed = { fullName: 'Ann B', groups: [], isDisabled: true, passwordHash: 'hash of other', revision: 3 }
    expect(users.find('ann')).toMatchObject(changed)
    expect(again().find('ann')).toEqual(users.find('ann'))
    expect([...again().list()].map(({ loginName }) => loginName)).toEqual(['ann'])
  })

  test('have their names to themselves, and a name that was given back can be taken again', async () => {
    const { users } = openUsers()
    const both = await Promise.all([users.create(ann), users.create({ ...ann, fullName: 'Another' })])
    expect(both.sort()).toEqual(['conflict', 'done'])
    expect(await users.create(ann)).toBe('conflict')
    expect(await users.delete('ann')).toBe('done')
    expect([users.find('ann'), [...users.list()]]).toEqual([undefined, []])
    expect(await users.create({ ...ann, fullName: 'Ann the second' })).toBe('done')
    expect(users.find('ann')?.fullName).toBe('Ann the second')
    expect([...users.list()]).toHaveLength(1)
  })

  test('that do not exist cannot be changed', async () => {
    const { users } = openUsers()
    expect(await users.update('ann', { isDisabled: true })).toBe('not-found')
    expect(await users.setPassword('ann', 'secret')).toBe('not-found')
    expect(await users.delete('ann')).toBe('not-found')
  })

  test('keep one who can administer them, however many are taken away at once', async () => {
    const { users } = openUsers()
    await users.create(root)
    await users.create({ ...root, loginName: 'second' })
    const both = await Promise.allSettled([users.delete('root'), users.delete('second')])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await expect(users.update('second', { isDisabled: true })).rejects.toThrow('Make another one first')
    await expect(users.update('second', { groups: ['writers'] })).rejects.toThrow('Make another one first')
    expect(users.hasAdministrator()).toBe(true)
  })

  test('cannot have names, groups and passwords that credentials and lists cannot carry', async () => {
    const { users } = openUsers()
    for (const loginName of ['', 'a:b', 'a b', '$admins', 'a\u0000', 'x'.repeat(200)])
      await expect(users.create({ ...ann, loginName })).rejects.toThrow('cannot be a login name')
    for (const group of ['', '$all', 'a b', 'x'.repeat(200)])
      await expect(users.create({ ...ann, groups: [group] })).rejects.toThrow('cannot be a group')
    for (const password of ['', 'x'.repeat(2_000)])
      await expect(users.create({ ...ann, password })).rejects.toThrow('A password has')
    await expect(users.create({ ...ann, fullName: 'x'.repeat(300) })).rejects.toThrow('full name')
    expect([...users.list()]).toEqual([])
  })

  test('are nobody when somebody wrote into their streams what is no user', async () => {
    const { log, users } = openUsers()
    await users.create(ann)
    for (const data of ['no json', '[]', '{"loginName":"ann"}', '{"loginName":"ann","hash":7,"groups":[]}']) {
      const event = { id: newUuid(), type: '$UserUpdated', contentType: '', metadata: Buffer.alloc(0) }
      const events = [{ ...event, data: Buffer.from(data) }]
      await log.request({ kind: 'append', streamName: '$user-ann', expected: 'any', events })
      expect(users.find('ann')).toBeUndefined()
    }
  })
})
