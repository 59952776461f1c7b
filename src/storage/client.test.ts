import { expect, test } from 'bun:test'
import { silentLog } from '#kernel/log.ts'
import { openClient } from './client.ts'

test('refuses an address of another kind without showing the password in it', () => {
  const open = () => openClient({ url: 'mysql://me:secret@host/db', log: silentLog, applicationName: 'test' })
  expect(open).toThrow('found one starting with "mysql:"')
  expect(open).not.toThrow('secret')
})

test('refuses an empty address', () => {
  expect(() => openClient({ url: '', log: silentLog, applicationName: 'test' })).toThrow('found an empty text')
})
