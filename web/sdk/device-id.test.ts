import { expect, test } from 'bun:test'
import { isUuid } from '#kernel/ids.ts'
import { getDeviceId } from './device-id.ts'
import { makeUuid } from './uuid.ts'

test('an insecure origin gets proper uuids too', () => {
  const source = { getRandomValues: crypto.getRandomValues.bind(crypto) }
  const made = [makeUuid(source), makeUuid(source)]
  expect(made.every(isUuid)).toBe(true)
  expect(made[0]).not.toBe(made[1])
  expect(made[0]?.[14]).toBe('4')
})

test('a device keeps its id', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  }
  const id = getDeviceId(() => storage, makeUuid)
  expect(getDeviceId(() => storage, makeUuid)).toBe(id)
  kept.set('peek.device', 'damaged')
  expect(isUuid(getDeviceId(() => storage, makeUuid))).toBe(true)
})

test('a browser that keeps nothing still has an id', () => {
  const refuse = () => {
    throw new Error('storage is switched off')
  }
  expect(isUuid(getDeviceId(refuse, makeUuid))).toBe(true)
})
