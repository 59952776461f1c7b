import { expect, test } from 'bun:test'
import { parsePatches, parseRows } from './parse-body.ts'

const patch = { sel: 1, token: 't', position: 'p', set: [{ id: 'a' }], del: [], acts: [] }

test('rows are a list of objects', () => {
  expect(parseRows('[{"id":"a"}]')).toEqual({ ok: true, value: [{ id: 'a' }] })
  for (const body of ['{}', '[1]', '[[]]', '[null]', 'x']) expect(parseRows(body).ok).toBe(false)
})

test('a patch keeps fields that a newer server adds', () => {
  expect(parsePatches(JSON.stringify([{ ...patch, more: 1 }])).ok).toBe(true)
  expect(parsePatches(JSON.stringify([{ ...patch, del: [1] }])).ok).toBe(false)
})
