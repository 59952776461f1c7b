import { expect, test } from 'bun:test'
import { toAddressBytes } from './address-bytes.ts'

test.each([
  ['10.0.0.255', '0a0000ff'],
  ['::1', '00000000000000000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['fe80::1:2', 'fe800000000000000000000000010002'],
  ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
  ['2001:db8::', '20010db8000000000000000000000000'],
  ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
])('%s is the bytes %s', (address, bytes) => {
  expect(toAddressBytes(address).toString('hex')).toBe(bytes)
})
