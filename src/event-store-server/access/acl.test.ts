import { describe, expect, test } from 'bun:test'
import { parseAcl, parseDefaultAcls, whoMay } from './acl.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const factory = parseDefaultAcls(undefined)
const reader = (streamName: string, metadata?: unknown, defaults = factory) =>
  whoMay('read', streamName, parseAcl(metadata === undefined ? undefined : json(metadata)), defaults)

describe('an access control list', () => {
  test('names one user or group, or several', () => {
    expect(reader('a-1', { $acl: { $r: 'ann' } })).toEqual(['ann'])
    expect(reader('a-1', { $acl: { $r: ['ann', '$ops'] } })).toEqual(['ann', '$ops'])
    expect(parseAcl(json({ $acl: { $r: 'a', $w: 'b', $d: 'c', $mr: 'd', $mw: 'e' } }))).toEqual({
      read: ['a'],
      write: ['b'],
      delete: ['c'],
      'read-metadata': ['d'],
      'write-metadata': ['e'],
    })
  })

  test('leaves rights it does not name to the defaults', () => {
    for (const metadata of [undefined, {}, { $acl: null }, { $acl: { $w: 'ann' } }, { $acl: { $r: null } }])
      expect(reader('a-1', metadata)).toEqual(['$all'])
    expect(reader('$a-1', { $acl: { $w: 'ann' } })).toEqual(['$admins'])
  })

  test('that cannot be understood gives nobody the right it means', () => {
    for (const $r of ['', [], 7, {}, [null], false]) expect(reader('a-1', { $acl: { $r } })).toEqual([])
    for (const $acl of ['ann', 7, ['ann'], true]) expect(reader('a-1', { $acl })).toEqual([])
    expect(reader('a-1', { $acl: { $r: ['ann', 7] } })).toEqual(['ann'])
  })

  test('is none in metadata that is not an object', () => {
    for (const data of ['', 'no json', '[]', '7', 'null'])
      expect(whoMay('read', 'a-1', parseAcl(Buffer.from(data)), factory)).toEqual(['$all'])
  })
})

describe('the defaults', () => {
  test('open ordinary streams to everybody and streams of the system to administrators', () => {
    expect(reader('a-1')).toEqual(['$all'])
    for (const name of ['$all', '$settings', '$user-ann', '$x']) expect(reader(name)).toEqual(['$admins'])
  })

  test('are what the settings say, right by right', () => {
    const changed = parseDefaultAcls(
      json({ $userStreamAcl: { $r: ['ann', '$ops'], $w: [] }, $systemStreamAcl: { $r: 'bob' } }),
    )
    expect(reader('a-1', undefined, changed)).toEqual(['ann', '$ops'])
    expect(whoMay('write', 'a-1', {}, changed)).toEqual([])
    expect(whoMay('delete', 'a-1', {}, changed)).toEqual(['$all'])
    expect(reader('$all', undefined, changed)).toEqual(['bob'])
    expect(whoMay('write', '$all', {}, changed)).toEqual(['$admins'])
  })
})
