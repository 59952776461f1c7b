import { defineSettings } from '#plugin-api'
import { boolean, integer } from '#plugin-api/shared'

/** What an administrator may set, on the page Settings of the admin app. Every part sees it, and sees it change. */
export const tutorialSettings = defineSettings('tutorial', {
  fields: { makesCalls: boolean(), step: integer({ min: 1, max: 1_000 }) },
  defaults: { makesCalls: true, step: 7 },
  words: {
    makesCalls: 'Whether agent and logic call each other some seconds after they start.',
    step: 'What the agent has logic add to 5, five times. Its log shows the sums, at level debug, whenever this changes.',
  },
})
