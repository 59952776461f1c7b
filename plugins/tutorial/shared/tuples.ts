import { defineTuple, integer, text, uuid } from '#plugin-api/shared'

/** A text with a number: what every screen of the tutorial shows, without a connection too. */
export const StringInt = defineTuple(
  'tutorial.StringInt',
  { id: uuid(), string1: text(), int1: integer() },
  { keep: true },
)
