import { defineSettings } from '#plugin-api'
import { integer, text } from '#plugin-api/shared'

/** What an administrator may set, on the page Settings of the admin app. Every part sees it, and sees it change. */
export const learningSettings = defineSettings('learning', {
  fields: { greeting: text({ lengthMin: 1, lengthMax: 100 }), step: integer({ min: 1, max: 1_000 }) },
  defaults: { greeting: 'Started', step: 7 },
  words: {
    greeting: 'What logic writes to its log when it starts, and whenever this changes.',
    step: 'What the agent has logic add to 5, five times.',
  },
})
