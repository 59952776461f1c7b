import { describe, expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { failureFingerprint, withoutParticulars } from './failure-fingerprint.ts'

const of = (words: string, entityId = 'e1', type = 'shop.OrderPlaced'): string =>
  failureFingerprint({ type, entityId, words })

describe('P5 failures of one cause have one fingerprint', () => {
  test.each([
    ['ids', 'orders has no row "a-17"', 'orders has no row "b"'],
    [
      'uuids',
      'no customer 6f1c0a9e-8a3a-4f7e-9d4a-000000000001 here',
      'no customer 00000000-8a3a-4f7e-9d4a-6f1c0a9e0001 here',
    ],
    [
      'numbers',
      'a key of orders has total 1.5, wanted a whole number',
      'a key of orders has total -22e7, wanted a whole number',
    ],
    ['positions', 'after 00000000000000000017.00000000000000000012', 'after 00000000000000000099'],
    ['lists', 'orders has no row ["a",1]', 'orders has no row ["b",22]'],
    ['instants', 'not before 2026-11-21T18:20:21.123Z', 'not before 2025-01-02T00:00:00Z'],
    ['streams', 'nothing in shop.Order-17', 'nothing in shop.Order-4711'],
    ['lines', 'one\n  two', 'one two'],
  ])('whatever %s are in its words', (_, one, other) => {
    expect(of(one)).toBe(of(other))
  })

  test('however long what they quote is: an event can be as long as a megabyte', () => {
    expect(of(`unknown place "${'x'.repeat(60_000)}"`)).toBe(of(`unknown place "${'y'.repeat(3_000)}" here`))
    expect(of(`unknown place “${'.'.repeat(60_000)}`)).toBe(of(`unknown place “${'\\"'.repeat(3_000)}`))
    expect(of('x'.repeat(60_000))).toBe(of('x'.repeat(50_000)))
  })

  test('whatever the entity is called', () => {
    expect(of('nobody knows anna.lee today', 'anna.lee')).toBe(of('nobody knows bob today', 'bob'))
  })

  test('one after the other, for random ids', () => {
    const seed = testSeed()
    const random = createSeededRandom(seed)
    const wanted = of('no row "x" of customer 1 at 2')
    for (let round = 0; round < 200; round++) {
      const id = Math.floor(random() * 1e12).toString(36)
      const words = `no row ${JSON.stringify(id)} of customer ${Math.floor(random() * 1e6)} at ${random()}`
      expect([seed, of(words, id)]).toEqual([seed, wanted])
    }
  })
})

describe('failures of different causes differ', () => {
  test('by their words and by the type of their event', () => {
    expect(of('orders has no row "a"')).not.toBe(of('orders has a row "a" already'))
    expect(of('a bug', 'e1', 'shop.OrderPlaced')).not.toBe(of('a bug', 'e1', 'shop.OrderShipped'))
  })

  test('words stay readable: an apostrophe opens no quotation, and an entity of one letter takes none away', () => {
    expect(withoutParticulars("it's the handler's fault", 'e1')).toBe("it's the handler's fault")
    expect(withoutParticulars('a bug of the handler', 'a')).toBe('a bug of the handler')
  })
})
