import { describe, expect, test } from 'bun:test'
import {
  assertOwnStream,
  changesStream,
  entityStream,
  isEntityId,
  jobStream,
  parseStreamName,
  platformStream,
  refusalsStream,
} from './stream-name.ts'

describe('E5 stream names', () => {
  test('E5 a name that was made is read back as it was meant', () => {
    const stream = entityStream('line-crew', 'WorkOrder', 'a-1.b/ü')
    expect(stream).toBe('line-crew.WorkOrder-a-1.b/ü')
    const entity = { plugin: 'line-crew', category: 'WorkOrder', id: 'a-1.b/ü' }
    expect(parseStreamName(stream)).toEqual({ kind: 'entity', ...entity })
    expect(parseStreamName(refusalsStream(stream))).toEqual({ kind: 'refusals', ...entity })
    expect(parseStreamName(changesStream('inbox', 'open-tasks'))).toEqual({
      kind: 'changes',
      plugin: 'inbox',
      projection: 'open-tasks',
    })
    expect(parseStreamName(jobStream('inbox.SendMail', 'a-1'))).toEqual({
      kind: 'job',
      plugin: 'inbox',
      job: 'SendMail',
      id: 'a-1',
    })
    expect(parseStreamName(platformStream('Plugins'))).toEqual({ kind: 'platform', name: 'Plugins' })
    expect(parseStreamName(platformStream('Settings', 'inbox'))).toEqual({
      kind: 'platform',
      name: 'Settings',
      id: 'inbox',
    })
  })

  test.each(['', ' ', 'a b', 'a\n', 'a\u0000', 'a\u200bb', '\ud800', 'x'.repeat(201)])('refuses the id %j', (id) => {
    expect(isEntityId(id)).toBe(false)
    expect(() => entityStream('inbox', 'Task', id)).toThrow('cannot be named')
  })

  test.each(['changes-x', 'refusals', 'jobs-a', 'Inbox', 'in.box', '$all', ''])('refuses the plugin %j', (plugin) => {
    expect(() => entityStream(plugin, 'Task', '1')).toThrow('with the plugin')
  })

  test('the platform has entities of its own: their streams are the platform’s, and so are those of their refusals', () => {
    const stream = entityStream('peek', 'DeviceHelp', 'd-1')
    expect(parseStreamName(stream)).toEqual({ kind: 'platform', name: 'DeviceHelp', id: 'd-1' })
    expect(parseStreamName(refusalsStream(stream))).toEqual({
      kind: 'refusals',
      plugin: 'peek',
      category: 'DeviceHelp',
      id: 'd-1',
    })
    expect(() => assertOwnStream('peek', stream)).toThrow('may not append')
  })

  test('refuses a category with a dash, as the first dash begins the id', () => {
    expect(() => entityStream('inbox', 'My-Task', '1')).toThrow('with the category')
  })

  test.each(['', '$all', '$$inbox.Task-1', 'inbox', 'inbox.Task', 'inbox.Task-', 'peek.', 'changes-inbox'])(
    'does not take %j for a name of ours',
    (stream) => {
      expect(parseStreamName(stream)).toBeUndefined()
    },
  )

  test.each([
    'other.Task-1',
    'refusals-inbox.Task-1',
    'changes-inbox.tasks',
    'jobs-inbox.SendMail-1',
    'peek.Settings-inbox',
    '$$inbox.Task-1',
  ])('E5 a plugin does not append to %s', (stream) => {
    expect(() => assertOwnStream('inbox', stream)).toThrow('may not append')
    expect(() => assertOwnStream('inbox', 'inbox.Task-1')).not.toThrow()
  })
})
