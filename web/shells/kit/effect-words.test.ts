import { expect, test } from 'bun:test'
import { delayedWords, effectLook } from './effect-words.ts'

test('an action whose effect is delayed is shown neither as done nor as on its way', () => {
  expect(effectLook({ state: 'delayed', words: '' })).toMatchObject({ tone: 'waiting', title: 'Effect delayed' })
  expect(effectLook({ state: 'effective', words: '' }).tone).toBe('normal')
})

test('one that was left out says why', () => {
  expect(effectLook({ state: 'skipped', words: 'a test drive' }).words).toEndWith('does not take effect: a test drive')
  expect(effectLook({ state: 'skipped', words: '' }).words).toEndWith('no reason was given')
})

test('what is delayed is one line, by name while it is one thing', () => {
  const [delayed, done] = [
    { state: 'delayed', title: 'Add 5' },
    { state: 'effective', title: 'Add 6' },
  ] as const
  expect(delayedWords([done])).toBeUndefined()
  expect(delayedWords([done, delayed])).toBe('“Add 5” is recorded, and does not show yet.')
  expect(delayedWords([delayed, delayed])).toBe('2 things you did are recorded, and do not show yet.')
})
