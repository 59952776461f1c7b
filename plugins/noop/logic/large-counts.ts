import { defineReactor } from '#plugin-api'
import { AddCount, NoteReaction } from '../shared/actions.ts'

const largeFrom = 100

/** Whoever adds a hundred or more has it noted, once, however often the event comes. */
export const largeCounts = defineReactor({
  plugin: 'noop',
  name: 'large-counts',
  startsAt: 'end',
  on: (on) => [
    on(AddCount, async ({ data }, effects) => {
      if (data.by < largeFrom) return
      const pushed = await effects.push(NoteReaction, data)
      if (pushed.outcome === 'rejected') effects.log.info(`a reaction came too late: ${pushed.words}`)
    }),
  ],
})
