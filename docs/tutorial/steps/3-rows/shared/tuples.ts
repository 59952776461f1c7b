import { defineTuple, integer, text, uuid } from '#plugin-api/shared'

/** A text with a number: what every screen of the plugin shows. */
export const StringInt = defineTuple('learning.StringInt', { id: uuid(), string1: text(), int1: integer() })
