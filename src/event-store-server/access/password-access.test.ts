import { describe, expect, test } from 'bun:test'
import { Metadata } from '@grpc/grpc-js'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { AccessDenied, type Caller, type IncomingCall, NotAuthenticated, type Operation } from './access.ts'
import { PasswordAccess } from './password-access.ts'
import type { Passwords } from './password-hasher.ts'
import { toStreamOperation } from './stream-operation.ts'
import { StreamRights } from './stream-rights.ts'
import { UserDirectory } from './user-directory.ts'

async function openAccess(allowsAnonymousStreams = false) {
  let compared = 0
  const passwords: Passwords = {
    hash: async (password) => `hash of ${password}`,
    isPassword: async (password, prepare) => {
      compared++
      return prepare() === `hash of ${password}`
    },
  }
  const log = new EventLog({ storage: new SqliteStorage({ file: ':memory:' }), log: silentLog })
  const users = new UserDirectory(log, passwords)
  const rights = new StreamRights(log)
  const clock = createFakeClock()
  const access = new PasswordAccess({
    users,
    rights,
    passwords,
    listeners: log.listeners,
    clock,
    log: silentLog,
    allowsAnonymousStreams,
  })
  const people = { admin: ['$admins'], ops: ['$ops'], ann: ['writers'], bob: [] }
  for (const [loginName, groups] of Object.entries(people))
    await users.create({ loginName, fullName: '', groups, password: 'secret' })

  const write = (streamName: string, data: unknown) =>
    log.request({
      kind: 'append',
      streamName,
      expected: 'any',
      events: [
        {
          id: newUuid(),
          type: '$metadata',
          contentType: 'application/json',
          data: Buffer.from(JSON.stringify(data)),
          metadata: Buffer.alloc(0),
        },
      ],
    })
  return {
    access,
    users,
    clock,
    write,
    signIn: (name: string, password = 'secret') => access.identify(callBy(`${name}:${password}`)),
    nobody: access.identify(callBy(undefined)) as Caller,
    comparedCount: () => compared,
  }
}

function callBy(credentials: string | undefined, address = '10.0.0.1'): IncomingCall {
  const metadata = new Metadata()
  if (credentials !== undefined) metadata.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  return { metadata, getPeer: () => `${address}:${Math.floor(Math.random() * 60_000)}` }
}

type Opened = Awaited<ReturnType<typeof openAccess>>
const allows = ({ access }: Opened, caller: Caller, operation: Operation): boolean => {
  try {
    access.check(caller, operation)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(AccessDenied)
    return false
  }
}
const reading = (streamName: string) => toStreamOperation('read', streamName)
const writing = (streamName: string) => toStreamOperation('write', streamName)

describe('a caller', () => {
  test('is who the password shows, and compared once however many calls follow', async () => {
    const opened = await openAccess()
    const callers = await Promise.all(Array.from({ length: 64 }, () => opened.signIn('ann')))
    expect(new Set(callers).size).toBe(1)
    expect(callers[0]).toMatchObject({ name: 'ann', groups: ['writers'] })
    expect(opened.signIn('ann')).not.toBeInstanceOf(Promise)
    expect(opened.comparedCount()).toBe(1)
  })

  test('with a wrong password, a wrong name or a disabled user is not let in, and all three are compared', async () => {
    const opened = await openAccess()
    await opened.users.update('bob', { isDisabled: true })
    for (const [name, password] of [
      ['ann', 'wrong'],
      ['unknown', 'secret'],
      ['bob', 'secret'],
      ['ann', ''],
    ])
      await expect(Promise.resolve(opened.signIn(name ?? '', password))).rejects.toBeInstanceOf(NotAuthenticated)
    expect(opened.comparedCount()).toBe(4)
  })

  test('who is wrong too often waits, while the one whose password is known goes on', async () => {
    const opened = await openAccess()
    await opened.signIn('ann')
    for (let attempt = 0; attempt < 10; attempt++)
      await Promise.resolve(opened.signIn('ann', `guess-${attempt}`)).catch(() => undefined)
    await expect(Promise.resolve(opened.signIn('ann', 'guess'))).rejects.toThrow('Too many wrong passwords')
    expect(opened.signIn('ann')).toMatchObject({ name: 'ann' })
    opened.clock.advance(60_000)
    await expect(Promise.resolve(opened.signIn('ann', 'guess'))).rejects.toThrow('is wrong')
  })

  test('whose password, groups or user has changed is judged by what they are now', async () => {
    const opened = await openAccess()
    await opened.write('$$a-1', { $acl: { $r: 'writers' } })
    const ann = await opened.signIn('ann')
    expect(allows(opened, ann, reading('a-1'))).toBe(true)
    await opened.users.update('ann', { groups: [] })
    expect(allows(opened, ann, reading('a-1'))).toBe(false)
    await opened.users.update('ann', { groups: ['writers'] })
    expect(allows(opened, ann, reading('a-1'))).toBe(true)
    await opened.users.setPassword('ann', 'another')
    expect(allows(opened, ann, reading('a-1'))).toBe(false)
    await expect(Promise.resolve(opened.signIn('ann'))).rejects.toBeInstanceOf(NotAuthenticated)
    const again = await opened.signIn('ann', 'another')
    await opened.users.delete('ann')
    expect(allows(opened, again, reading('a-1'))).toBe(false)
  })

  test('whose user is hidden by metadata is nobody from that commit on, and so are settings that are', async () => {
    const opened = await openAccess()
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => opened.signIn(name)))
    if (!ann || !bob) throw new Error('They have both signed in.')
    const lost: string[] = []
    opened.access.watch(ann, reading('a-1'), () => lost.push('ann'))
    opened.access.watch(bob, reading('a-1'), () => lost.push('bob'))
    await opened.write('$$$user-ann', { $tb: 100 })
    expect(lost).toEqual(['ann'])
    expect(allows(opened, ann, reading('a-1'))).toBe(false)
    await opened.write('$settings', { $userStreamAcl: { $w: 'writers' } })
    expect(allows(opened, bob, writing('a-1'))).toBe(false)
    await opened.write('$$$settings', { $tb: 100 })
    expect(allows(opened, bob, writing('a-1'))).toBe(true)
  })
})

describe('a right to a stream', () => {
  test('is everybody’s who has signed in, unless a list says otherwise', async () => {
    const opened = await openAccess()
    const [ann, bob, admin] = await Promise.all(['ann', 'bob', 'admin'].map((name) => opened.signIn(name)))
    if (!ann || !bob || !admin) throw new Error('They have all signed in.')
    const who = (operation: Operation) =>
      [ann, bob, admin, opened.nobody].map((each) => allows(opened, each, operation))
    expect(who(writing('a-1'))).toEqual([true, true, true, false])
    await opened.write('$$a-1', { $acl: { $w: ['writers'], $r: ['bob', '$all'], $d: [], $mr: 'ann' } })
    expect(who(writing('a-1'))).toEqual([true, false, true, false])
    expect(who(reading('a-1'))).toEqual([true, true, true, false])
    expect(who(toStreamOperation('delete', 'a-1'))).toEqual([false, false, true, false])
    expect(who(reading('$$a-1'))).toEqual([true, false, true, false])
    expect(who(writing('$$a-1'))).toEqual([true, true, true, false])
    await opened.write('$$a-1', {})
    expect(who(writing('a-1'))).toEqual([true, true, true, false])
  })

  test('to a stream of the system, or to the whole log, is the administrators’', async () => {
    const opened = await openAccess()
    const [ann, ops, admin] = await Promise.all(['ann', 'ops', 'admin'].map((name) => opened.signIn(name)))
    if (!ann || !ops || !admin) throw new Error('They have all signed in.')
    for (const name of ['$all', '$settings', '$user-ann', '$$$user-ann'])
      expect([ann, ops, admin].map((each) => allows(opened, each, reading(name)))).toEqual([false, false, true])
    await opened.write('$$$all', { $acl: { $r: 'writers' } })
    expect([ann, ops, admin].map((each) => allows(opened, each, reading('$all')))).toEqual([true, false, true])
  })

  test('follows the defaults of the settings from the commit that changed them', async () => {
    const opened = await openAccess()
    const bob = await opened.signIn('bob')
    expect(allows(opened, bob, writing('a-1'))).toBe(true)
    await opened.write('$settings', { $userStreamAcl: { $w: 'writers' } })
    expect(allows(opened, bob, writing('a-1'))).toBe(false)
    expect(allows(opened, bob, reading('a-1'))).toBe(true)
  })

  test('is given to callers without credentials where that is allowed, and only what everybody has', async () => {
    const opened = await openAccess(true)
    expect(allows(opened, opened.nobody, writing('a-1'))).toBe(true)
    expect(allows(opened, opened.nobody, reading('$all'))).toBe(false)
    await opened.write('$$a-1', { $acl: { $w: 'writers' } })
    expect(allows(opened, opened.nobody, writing('a-1'))).toBe(false)
    expect(allows(opened, opened.nobody, { kind: 'look-at-statistics' })).toBe(false)
  })

  test('to consume a persistent subscription is the right to read its stream', async () => {
    const opened = await openAccess()
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => opened.signIn(name)))
    if (!ann || !bob) throw new Error('They have all signed in.')
    await opened.write('$$a-1', { $acl: { $r: 'ann' } })
    const consuming = { kind: 'consume-persistent-subscription', streamName: 'a-1', groupName: 'g' } as const
    expect([ann, bob].map((each) => allows(opened, each, consuming))).toEqual([true, false])
  })
})

describe('a right to operate', () => {
  test('is the operators’ and administrators’, users are the administrators’ alone', async () => {
    const opened = await openAccess()
    const [ann, ops, admin] = await Promise.all(['ann', 'ops', 'admin'].map((name) => opened.signIn(name)))
    if (!ann || !ops || !admin) throw new Error('They have all signed in.')
    const who = (operation: Operation) =>
      [ann, ops, admin, opened.nobody].map((each) => allows(opened, each, operation))
    for (const kind of ['operate', 'look-at-statistics', 'change-persistent-subscriptions'] as const)
      expect(who({ kind })).toEqual([false, true, true, false])
    expect(who({ kind: 'administer-users' })).toEqual([false, false, true, false])
    expect(who({ kind: 'look-at-user', userName: 'ann' })).toEqual([true, false, true, false])
    expect(who({ kind: 'change-own-password', userName: 'ops' })).toEqual([false, true, true, false])
  })
})

describe('a call that lives long', () => {
  test('hears once that its right is gone, whatever took it away', async () => {
    const opened = await openAccess()
    const ann = await opened.signIn('ann')
    const lost: string[] = []
    const watch = (streamName: string) =>
      opened.access.watch(ann, reading(streamName), () => {
        lost.push(streamName)
      })
    for (const name of ['by-list', 'by-defaults', 'by-user']) watch(name)
    const stop = watch('not-watched-any-more')
    await opened.write('$$by-list', { $acl: { $r: 'bob' } })
    await opened.write('$$by-list', { $acl: { $r: 'ops' } })
    await opened.write('$$by-user', { $maxCount: 5 })
    expect(lost).toEqual(['by-list'])
    stop()
    await opened.write('$$by-user', { $acl: { $r: ['ann'] } })
    await opened.write('$settings', { $userStreamAcl: { $r: 'bob' } })
    expect(lost).toEqual(['by-list', 'by-defaults'])
    await opened.users.update('bob', { isDisabled: true })
    expect(lost).toEqual(['by-list', 'by-defaults'])
    await opened.users.update('ann', { isDisabled: true })
    expect(lost).toEqual(['by-list', 'by-defaults', 'by-user'])
  })
})
