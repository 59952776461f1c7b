import { defineReactor } from '#plugin-api'
import { AddIntValue, AddStringInt } from '../shared/actions.ts'

const largeFrom = 1_000

/**
 * Whoever changes a number by a thousand or more leaves a row that says so.
 *
 * The row's id is the event's idempotency key: should the same event come twice, say after a crash, both times mean the same
 * row, and the second is refused as there already. A call to an outside system would take the key along in the same way.
 */
export const largeChanges = defineReactor({
  plugin: 'tutorial',
  name: 'large-changes',
  startsAt: 'end',
  on: (on) => [
    on(AddIntValue, async ({ data, user }, effects) => {
      if (Math.abs(data.offset) < largeFrom) return
      const stringIntId = effects.idempotencyKey()
      const pushed = await effects.push(AddStringInt, {
        stringIntId,
        string1: `Large change by ${user}`.slice(0, 200),
        int1: data.offset,
      })
      if (pushed.outcome === 'rejected') effects.log.warning(`a large change was not noted: ${pushed.words}`)
    }),
  ],
})
