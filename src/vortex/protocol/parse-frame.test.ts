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

  test('a frame up is not a frame down', () => expect(parseDownFrame(encodeFrame(act, '1')).ok).toBe(false))
})
