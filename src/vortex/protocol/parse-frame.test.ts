import { describe, expect, test } from 'bun:test'
import { encodeFrame } from './frame.ts'
import { parseDownFrame, parseUpFrame } from './parse-frame.ts'

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
const act = { k: 'act', req: 7, id, name: 'tutorial.AddInt', version: 1, at: 1 }

describe('frames up', () => {
  test('V2 a body passes through unread, whatever it is', () => {
    const parsed = parseUpFrame(encodeFrame(act, 'not {json\nat all'))
    expect(parsed).toMatchObject({ ok: true, value: { head: act, body: 'not {json\nat all' } })
  })

  test('V5 a refusal names the request it was about, so that its sender need not wait', () => {
    const parsed = parseUpFrame(encodeFrame({ ...act, id: 'x' }, '1'))
    expect(parsed).toMatchObject({ ok: false, kind: 'bad-frame', req: 7 })
    expect(parsed).toHaveProperty('words', expect.stringContaining('id is wrong: found "x"'))
  })

  test('an action without a body is refused in words', () =>
    expect(parseUpFrame(encodeFrame(act))).toHaveProperty('words', expect.stringContaining('has no body')))

  test('V1 a hello of another age is refused for its version, whatever else it holds', () =>
    expect(parseUpFrame('{"k":"hello","versions":[9],"shape":"new"}')).toMatchObject({ kind: 'wrong-version' }))

  test('V1 a hello that speaks our version may say more than we know', () => {
    const hello = { k: 'hello', versions: [2, 1], role: 'device', name: 'field', device: id, instance: id, build: '' }
    expect(parseUpFrame(JSON.stringify({ ...hello, codecs: ['json'] })).ok).toBe(true)
  })

  test.each(['', 'null', '[]', '{}', '"beat"', '{"k":"beat"', '{"k":"beat","more":1}', '['.repeat(200_000)])(
    'S3 refuses %p without throwing',
    (text) => expect(parseUpFrame(text)).toMatchObject({ ok: false, kind: 'bad-frame' }),
  )

  test('an action may say its number in the outbox of its device', () => {
    expect(parseUpFrame(encodeFrame({ ...act, seq: 5_000 }, '1'))).toMatchObject({ value: { head: { seq: 5_000 } } })
    expect(parseUpFrame(encodeFrame({ ...act, seq: -1 }, '1'))).toMatchObject({ ok: false, req: 7 })
  })

  test('a device says how it stands, with what its browser tells of the storage', () => {
    const report = { k: 'device', announced: 9, acked: 7, unsent: 2, attention: 1, build: 'b', cached: 50 }
    expect(parseUpFrame(encodeFrame(report))).toMatchObject({ ok: true, value: { head: report } })
    const whole = { ...report, storageUsed: 1, storageQuota: 2 }
    expect(parseUpFrame(encodeFrame(whole))).toMatchObject({ ok: true, value: { head: whole } })
    expect(parseUpFrame(encodeFrame({ ...report, announced: 0.5 }))).toMatchObject({ ok: false })
  })

  test('what is kept of an observation is checked by its number, and a refusal names it', () => {
    const check = { k: 'check', obs: 3, position: 'C:1/P:1' }
    expect(parseUpFrame(encodeFrame(check))).toMatchObject({ ok: true, value: { head: check } })
    expect(parseUpFrame(encodeFrame({ ...check, position: 'x'.repeat(101) }))).toMatchObject({ ok: false, obs: 3 })
  })

  test('a selector that is a list is refused', () => {
    const observe = { k: 'observe', obs: 3, name: 'tutorial.StringInt', selector: [] }
    expect(parseUpFrame(JSON.stringify(observe))).toMatchObject({ ok: false, obs: 3 })
  })
})

describe('frames down', () => {
  test('rows without a body are refused', () => {
    const rows = { k: 'rows', obs: 1, sel: 1, token: 't', position: 'p', keyedBy: ['id'], orderBy: [] }
    expect(parseDownFrame(encodeFrame(rows, '[]')).ok).toBe(true)
    expect(parseDownFrame(encodeFrame(rows)).ok).toBe(false)
  })

  test('an answer may say in which way an action was done other than asked for', () => {
    const answer = { outcome: 'accepted', position: 'p', changed: 'Two were left.' }
    expect(parseDownFrame(encodeFrame({ k: 'answer', req: 1, answer }))).toMatchObject({ value: { head: { answer } } })
  })

  test('a check is answered by a hash, a count and the position they are of', () => {
    const checked = { k: 'checked', obs: 3, position: 'p', hash: 'ff', count: 2 }
    expect(parseDownFrame(encodeFrame(checked))).toMatchObject({ ok: true, value: { head: checked } })
  })

  test('a frame up is not a frame down', () => expect(parseDownFrame(encodeFrame(act, '1')).ok).toBe(false))
})
