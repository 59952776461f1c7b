import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { settle } from '../testing/settle.ts'
import { createCacheSaver, type Savable } from './cache-saver.ts'

test('what cannot be encoded or saved costs nobody else, and is tried again when it changes again', async () => {
  const clock = createFakeClock(0)
  const saver = createCacheSaver(clock)
  const pass = async () => {
    clock.advance(1_000)
    await settle()
  }
  let isBroken = true
  const saved: string[] = []
  const make = (name: string, failing: 'encode' | 'save' | 'nothing'): Savable => ({
    encode: () => {
      if (isBroken && failing === 'encode') throw new Error('cannot be encoded')
      return true
    },
    save: () => {
      if (isBroken && failing === 'save') throw new Error('cannot be saved')
      saved.push(name)
      return Promise.resolve()
    },
  })
  const [one, two, good] = [make('one', 'encode'), make('two', 'save'), make('good', 'nothing')]
  for (const each of [one, two, good]) saver.note(each, true)
  await pass()
  expect(saved).toEqual(['good'])
  await saver.idle()
  saver.note(good, true)
  await pass()
  expect(saved).toEqual(['good', 'good'])
  isBroken = false
  for (const each of [one, two]) saver.note(each, true)
  await pass()
  expect(saved).toEqual(['good', 'good', 'one', 'two'])
})
