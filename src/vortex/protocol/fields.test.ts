import { expect, test } from 'bun:test'
import { boolean, instant, integer, list, nullable, oneOf, text } from './fields.ts'
import { parseWith } from './parse.ts'
import { checkedName, defineTuple } from './tuple.ts'

const StringInt = defineTuple('tutorial.StringInt', {
  id: text({ lengthMin: 1 }),
  int: integer({ min: 0, max: 10 }),
  at: nullable(instant()),
  kind: oneOf(['a', 'b']),
  on: boolean(),
  tags: list(text(), { countMax: 2 }),
})
const good = { id: 'x', int: 1, at: null, kind: 'a', on: true, tags: [] }

test('a whole tuple passes unchanged', () =>
  expect(parseWith(StringInt.schema, good)).toMatchObject({ ok: true, value: good }))

test.each([
  [{ id: '  ' }, 'id must not be empty'],
  [{ id: 'a\u0000b' }, 'id must not hold NUL characters or half characters'],
  [{ int: 11 }, 'int must be between 0 and 10'],
  [{ int: 1.5 }, 'int must be a whole number, is 1.5'],
  [{ kind: 'c' }, 'kind must be one of a, b'],
  [{ tags: ['1', '2', '3'] }, 'tags must have at most 2 entries'],
  [{ on: 'yes' }, 'on must be true or false'],
])('%j is refused: %s', (wrong, words) =>
  expect(parseWith(StringInt.schema, { ...good, ...wrong })).toEqual({ ok: false, words }),
)

test('a definition with a wrong name does not start', () => expect(() => checkedName('StringInt')).toThrow('tutorial.'))
