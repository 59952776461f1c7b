import { defineSettings } from '#plugin-api'
import { text } from '#plugin-api/shared'

/** One text that whoever starts a run changes just before, so that a check can see it arrive everywhere. */
export const noopSettings = defineSettings('noop', {
  fields: { mark: text({ lengthMax: 200 }) },
  defaults: { mark: '' },
  words: { mark: 'Any text. A run of the checks writes a new one here, and looks for it on every service.' },
})
