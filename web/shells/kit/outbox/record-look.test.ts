import { expect, test } from 'bun:test'
import type { OutboxState } from '#web/sdk/device-store/outbox-record.ts'
import { type RecordFacts, recordLook } from './record-look.ts'

const look = (state: OutboxState, more: Partial<RecordFacts['record']> = {}, facts: Partial<RecordFacts> = {}) =>
  recordLook({ record: { state, attempts: 1, ...more }, ...facts })
const isColoured = (state: OutboxState) => ['warning', 'alarm'].includes(look(state).tone)

test('only what was not done as asked has a colour', () => {
  const states: readonly OutboxState[] = ['waiting', 'sent', 'accepted', 'changed', 'refused', 'stuck', 'discarded']
  expect(states.filter(isColoured)).toEqual(['changed', 'refused', 'stuck'])
})

test('a reason is shown as it was given, and its absence is said', () => {
  expect(look('refused', { words: 'The row is gone.' }).words).toBe('The row is gone.')
  expect(look('refused').words).toBe('No reason was given.')
})

test('one that waits says for what: for another one, for the connection, for its turn', () => {
  const held = { id: '1', isHeldUp: true, words: 'Waits for “Add 1”, which was refused.' }
  expect(look('waiting', {}, { waitsFor: held, pausedWords: 'Offline.' })).toMatchObject({
    tone: 'warning',
    words: held.words,
  })
  expect(look('waiting', {}, { pausedWords: 'Offline.' }).words).toBe('Offline.')
  expect(look('waiting', { words: 'too many' }).words).toContain('too many')
  expect(look('waiting').words).toBe('It goes next.')
})

test('what was sent anew needs nobody any more', () => {
  expect(look('refused', { replacedBy: '2' }).tone).toBe('idle')
  expect(look('discarded', { replacedBy: '2' }).title).toBe('Sent again instead')
})
