import { accept, decideOn, defineDecider, defineLogicPart, type LogicContext } from '#plugin-api'
import { probeSettings, startTelling } from '../about.ts'
import { AddNote } from '../shared/probe.ts'

const note = defineDecider({
  category: 'Note',
  initialState: () => ({}),
  decide: [decideOn(AddNote, () => accept())],
  evolve: [],
})

const firstNote = '5a2f0c2e-9f6b-4d57-8a7a-0d5b7b7e3c11'

/** Under a fixed id: however often the part starts, it is noted once. */
const pushFirstNote = (context: LogicContext) =>
  context.push(AddNote, { noteId: firstNote, words: 'the part has started' }, { id: firstNote, at: 0 })

export const probeLogicPart = defineLogicPart({
  deciders: [note],
  settings: probeSettings,
  routes: (routes, context) => {
    const about = startTelling('logic', context)
    routes.get('/about', (c) =>
      c.json({ ...about(), user: c.req.header('x-peek-user'), cookie: c.req.header('cookie') }),
    )
    // A timer of its own, as authors set by mistake: it goes off whatever becomes of the part.
    routes.post('/blunder', (c) => {
      setTimeout(() => {
        throw new Error('a late blunder')
      }, 1_500)
      return c.json({})
    })
    routes.post('/echo', async (c) => c.text(await c.req.text()))
    routes.get('/visits', async (c) => c.json(await context.database.sql`select service from visits order by service`))
    routes.post('/note', async (c) => c.json(await pushFirstNote(context)))
  },
  start: async (context) => {
    await pushFirstNote(context)
    await context.database.sql`insert into visits (service) values ('logic') on conflict do nothing`
  },
})
