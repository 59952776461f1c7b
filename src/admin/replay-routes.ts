import type { Hono } from 'hono'
import * as v from 'valibot'
import type { Position } from '#kernel/position.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import type { AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'

const nameField = v.pipe(v.string(), v.maxLength(300))
const replaySchema = v.object({
  projection: v.pipe(nameField, v.minLength(1)),
  version: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
  from: v.optional(nameField, ''),
  to: v.optional(nameField, 'now'),
  stream: v.optional(nameField, ''),
  type: v.optional(nameField, ''),
})
const pageCountMax = 500
const pageCountDefault = 100

/**
 * `POST /replays { projection, version?, from?, to?, stream?, type? }` begins one; `from` and `to` are moments, from the
 * start of the log and to its end where they are not said. `GET /replays`, `GET /replays/<id>`: how they are.
 * `POST /replays/<id>/cancel`, `POST /replays/<id>/drop`. `GET /replays/<id>/rows?table&offset&limit&live`: its rows,
 * beside the live ones with `live=yes`. `GET /replays/<id>/comparison`: how all of them compare.
 */
export function addReplayRoutes(
  routes: Hono<AdminVariables>,
  around: {
    readonly questions: () => PastQuestions
    readonly positionOf: (name: string, text: string | undefined) => Promise<Position>
  },
): void {
  const { questions, positionOf } = around

  routes.post('/replays', async (c) => {
    const { from, to, ...request } = await readBody(c, replaySchema)
    const [first, last] = await Promise.all([positionOf('from', from === '' ? '0' : from), positionOf('to', to)])
    return c.json({ replay: await questions().startReplay({ ...request, from: first, to: last }) })
  })
  routes.get('/replays', async (c) => c.json({ replays: await questions().replays() }))
  routes.get('/replays/:id', async (c) => c.json({ replay: await questions().replay(c.req.param('id')) }))
  routes.post('/replays/:id/cancel', async (c) => c.json({ replay: await questions().cancelReplay(c.req.param('id')) }))
  routes.post('/replays/:id/drop', async (c) => {
    await questions().dropReplay(c.req.param('id'))
    return c.json({})
  })
  routes.get('/replays/:id/rows', async (c) => {
    const { table = '', offset, limit, live } = c.req.query()
    const page = {
      table,
      offset: wholeNumber('offset', offset || '0', 0),
      countMax: Math.min(pageCountMax, wholeNumber('limit', limit || String(pageCountDefault), 1)),
      withLive: live === 'yes',
    }
    return c.json(await questions().replayRows(c.req.param('id'), page))
  })
  routes.get('/replays/:id/comparison', async (c) =>
    c.json({ tables: await questions().compareReplay(c.req.param('id')) }),
  )
}
