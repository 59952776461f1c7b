import { expect, test } from 'bun:test'
import { isJsonObject } from '#kernel/json.ts'
import { boolean, instant, integer, list, nullable, number, oneOf, text, uuid } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { checkFields } from './check-values.ts'
import { toCurl } from './curl-example.ts'
import { makeRestRoute } from './define-rest-route.ts'
import { exampleOf } from './example-values.ts'
import { shapeToJsonSchema } from './json-schema.ts'
import { record } from './rest-shape.ts'

const output = { a: text() }
const handle = () => ({ a: '' })
const Line = defineTuple('meters.Line', { article: text({ lengthMin: 6 }), count: integer({ min: 5, max: 9 }) })

test('an example of fields is one that they take, of every kind', () => {
  const fields = {
    uuid: uuid(),
    low: integer({ max: -3 }),
    high: integer({ min: 40 }),
    number: number(),
    instant: instant(),
    boolean: boolean(),
    choice: oneOf(["it's", 'b']),
    short: text({ lengthMax: 2 }),
    maybe: nullable(integer()),
    lines: list(record(Line)),
    words: list(text({ lengthMin: 1 })),
    within: record({ one: record({ two: nullable(text()) }) }),
  }
  const example = exampleOf(shapeToJsonSchema(fields))
  expect(checkFields('body', fields, example)).toEqual({ ok: true, value: isJsonObject(example) ? example : {} })
})

test('a route is a line for a shell, without the key', () => {
  const put = makeRestRoute('PUT', '/meters/:meterId/notes/:name', {
    words: 'x',
    params: { meterId: uuid(), name: oneOf(['a b']) },
    query: { unit: oneOf(['kWh']), limit: nullable(integer()), tag: list(text()) },
    input: { note: oneOf(["it's"]) },
    output,
    scope: 'write',
    handle,
  })
  expect(toCurl('meters', put)).toBe(
    [
      `curl -X PUT 'https://agent.example/p/meters/meters/00000000-0000-4000-8000-000000000001/notes/a%20b?unit=kWh'`,
      `-H "Authorization: Bearer $PEEK_KEY"`,
      `-H 'Content-Type: application/json'`,
      `-d '{"note":"it'\\''s"}'`,
    ].join(' \\\n  '),
  )
  const get = makeRestRoute('GET', '/meters', { words: 'x', output, scope: 'read', handle })
  expect(toCurl('meters', get)).toBe(
    `curl 'https://agent.example/p/meters/meters' \\\n  -H "Authorization: Bearer $PEEK_KEY"`,
  )
})

test('the line is one that a shell hands on as it was meant', async () => {
  const route = makeRestRoute('POST', '/x', {
    words: 'x',
    input: { note: oneOf(["it's $HOME `a` \\ !"]) },
    output,
    scope: 'write',
    handle,
  })
  const shown = Bun.spawn(['sh', '-c', `curl() { printf '%s\\n' "$@"; }; PEEK_KEY=k; ${toCurl('meters', route)}`])
  expect((await new Response(shown.stdout).text()).trim().split('\n')).toEqual([
    '-X',
    'POST',
    'https://agent.example/p/meters/x',
    '-H',
    'Authorization: Bearer k',
    '-H',
    'Content-Type: application/json',
    '-d',
    JSON.stringify({ note: "it's $HOME `a` \\ !" }),
  ])
})
