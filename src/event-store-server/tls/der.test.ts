import { describe, expect, test } from 'bun:test'
import { derBits, derInteger, derObjectId, derOctets, derSequence, derTagged, derTime } from './der.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('DER', () => {
  test('writes the shortest length there is', () => {
    expect(hex(derOctets(Buffer.alloc(127)).subarray(0, 2))).toBe('047f')
    expect(hex(derOctets(Buffer.alloc(128)).subarray(0, 3))).toBe('048180')
    expect(hex(derOctets(Buffer.alloc(256)).subarray(0, 4))).toBe('04820100')
  })

  test('writes whole numbers without needless zeros, and none that look negative', () => {
    expect(hex(derInteger(Buffer.of(0, 0)))).toBe('020100')
    expect(hex(derInteger(Buffer.of(0, 0, 5)))).toBe('020105')
    expect(hex(derInteger(Buffer.of(0x80)))).toBe('02020080')
  })

  test('writes object ids in groups of seven bits', () => {
    expect(hex(derObjectId('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302')
    expect(hex(derObjectId('2.5.29.17'))).toBe('0603551d11')
  })

  test('writes years up to 2049 with two digits and later ones with four', () => {
    expect(derTime(new Date('2049-12-31T23:59:59Z')).toString('latin1', 2)).toBe('491231235959Z')
    expect(derTime(new Date('2050-01-01T00:00:00.999Z')).toString('latin1', 2)).toBe('20500101000000Z')
  })

  test('nests', () => {
    expect(hex(derSequence(derTagged(0, 'wrapped', derBits(Buffer.of(6), 1)), derSequence()))).toBe(
      '3008a00403020106' + '3000',
    )
  })
})
