import { expect, test } from 'bun:test'
import { pickServerUser } from './server-user.ts'

const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin'

test('is postgres where that user exists', () =>
  expect(pickServerUser(`root:x:0:0::/root:/bin/sh\n${nobody}\npostgres:x:101:104:,,,:/:/bin/sh\n`)).toEqual({
    name: 'postgres',
    uid: 101,
    gid: 104,
  }))
test('is nobody otherwise', () =>
  expect(pickServerUser(`${nobody}\n`)).toEqual({ name: 'nobody', uid: 65_534, gid: 65_533 }))
test('is asked for when there is neither', () =>
  expect(() => pickServerUser('root:x:0:0::/root:/bin/sh\n')).toThrow('set DATABASE_URL'))
