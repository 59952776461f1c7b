import { describe, expect, test } from 'bun:test'
import { toConditions } from './search-conditions.ts'
import { parseSearchQuery, toSearchParams } from './search-query.ts'

describe('the query of an address', () => {
  test('says what is looked for; blanks around it and empty values do not', () => {
    const asked = { stream: ' shop.Order-1 ', user: 'ann', text: '', device: '  ', from: '2026-03-31', to: undefined }
    expect(parseSearchQuery(asked)).toEqual({ stream: 'shop.Order-1', user: 'ann', from: Date.UTC(2026, 2, 31) })
  })

  test('an outcome is the kind of event that records it; a kind that is said counts more', () => {
    expect(parseSearchQuery({ outcome: 'accepted' })).toEqual({ kind: 'action' })
    expect(parseSearchQuery({ outcome: 'refused' })).toEqual({ kind: 'refusal' })
    expect(parseSearchQuery({ outcome: 'refused', kind: 'fact' })).toEqual({ kind: 'fact' })
  })

  test('goes back to the same text', () => {
    const query = parseSearchQuery({
      stream: 'shop.',
      text: 'a&b=c',
      kind: 'fact',
      from: '2026-03-31T16:00+02:00',
      to: '1800000000000',
      time: 'occurred',
    })
    expect(parseSearchQuery(Object.fromEntries(toSearchParams(query)))).toEqual(query)
  })

  test.each([
    [{ outcome: 'refusd' }, 'outcome is "refusd": did you mean "refused"?'],
    [{ kind: 'x' }, 'kind is "x": wanted one of action, fact,'],
    [{ time: 'local' }, 'time is "local": wanted one of recorded, occurred.'],
    [{ from: 'yesterday' }, 'from is "yesterday": wanted an instant such as'],
    [{ from: '2026-04-01', to: '2026-03-01' }, '"from" is not before "to"'],
    [{ to: '8640000000000001' }, 'to is "8640000000000001": wanted an instant'],
    [{ user: 'a\u0000b' }, 'user has a NUL character'],
    [{ text: 'x'.repeat(1_001) }, 'text has 1001 characters: 1000 at most'],
  ])('%j is refused in words that help', (asked, words) => {
    expect(() => parseSearchQuery(asked)).toThrow(words)
  })
})

describe('conditions', () => {
  test('hold every value as a parameter, in order', () => {
    const { sql, values } = toConditions({ stream: "x'; drop", user: 'ann', from: 5, time: 'occurred', text: 'ÄB' })
    expect(sql).toBe('stream like $1 and by_user = $2 and occurred_at >= $3 and strpos(search_text, $4) > 0')
    expect(values).toEqual(["x'; drop%", 'ann', 5, 'äb'])
  })

  test('nothing asked is everything', () => expect(toConditions({})).toEqual({ sql: 'true', values: [] }))

  test('the signs of patterns count as themselves', () => {
    expect(toConditions({ stream: 'a_%\\b' }).values).toEqual(['a\\_\\%\\\\b%'])
  })

  test('a beginning that both have finds refusals by their own type too', () => {
    expect(toConditions({ type: 'peek.Action' }).sql).toBe("(type like $1 or kind = 'refusal')")
    expect(toConditions({ type: 'peek.Projection' }).sql).toBe('type like $1')
  })
})
