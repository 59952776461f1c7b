import { defineAction, text, uuid } from '#plugin-api/shared'

/** Something the probe notes down, once for each id. */
export const AddNote = defineAction('probe.AddNote', {
  version: 1,
  fields: { noteId: uuid(), words: text() },
  entity: ({ noteId }) => ['Note', noteId],
  title: ({ words }) => `Note "${words}"`,
})
