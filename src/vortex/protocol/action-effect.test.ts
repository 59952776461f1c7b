import { expect, test } from 'bun:test'
import { isAuthor, parseEffects, parseEffectsReply, parseEffectsRequest } from './action-effect.ts'

const effect = {
  actionId: 'a1',
  projection: 'p.tasks',
  on: ['p.Tasks'],
  state: 'delayed',
  words: '',
  type: 'p.AddTask',
  stream: 'p.Task-1',
  position: '1',
  since: 5,
}

test('V1 an effect of a newer service: what it says more is ignored, a state that is not known is left out', () => {
  const newer = [{ ...effect, colour: 'red' }, { ...effect, state: 'halfway' }, 'what']
  expect(parseEffects(JSON.stringify(newer))).toEqual({ ok: true, value: [{ ...effect, state: 'delayed' }] })
  expect(parseEffectsReply(JSON.stringify({ effects: newer, more: true }))).toEqual([{ ...effect, state: 'delayed' }])
  expect(parseEffects('{}')).toMatchObject({ ok: false })
  expect(parseEffectsReply('[]')).toBeUndefined()
  expect(parseEffectsReply('no json')).toBeUndefined()
})

test('S3 a question about effects is bounded, and says what is wrong with it', () => {
  const one = { actionId: 'a1', projection: 'p.tasks', position: '1' }
  expect(parseEffectsRequest(JSON.stringify({ known: [one] }))).toEqual({ ok: true, value: { known: [one] } })
  expect(parseEffectsRequest(JSON.stringify({ known: Array(201).fill(one) }))).toMatchObject({ ok: false })
  expect(parseEffectsRequest(JSON.stringify({ known: [{ ...one, actionId: 'x'.repeat(201) }] }))).toMatchObject({
    ok: false,
  })
  expect(parseEffectsRequest('')).toMatchObject({ ok: false })
})

test('S4 the device of an action, and its person on another device, may know what became of it; other guests may not', () => {
  const guest = { user: 'guest', device: 'd1', service: 'field', roles: [] }
  expect(isAuthor(guest, { user: 'guest', device: 'd1' })).toBe(true)
  expect(isAuthor(guest, { user: 'guest', device: 'd2' })).toBe(false)
  expect(isAuthor({ ...guest, user: 'ann' }, { user: 'ann', device: 'd2' })).toBe(true)
  expect(isAuthor({ ...guest, user: 'ann' }, { user: 'ben', device: 'd2' })).toBe(false)
})
