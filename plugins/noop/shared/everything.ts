import {
  boolean,
  defineTuple,
  instant,
  integer,
  list,
  nullable,
  number,
  oneOf,
  type TupleOf,
  text,
  uuid,
} from '#plugin-api/shared'

/** A tuple with a field of every type there is: what comes back from any hop must equal what went out. */
export const Everything = defineTuple('noop.Everything', {
  id: uuid(),
  words: text(),
  whole: integer(),
  real: number(),
  isSo: boolean(),
  at: instant(),
  choice: oneOf(['first', 'second']),
  maybe: nullable(text()),
  nothing: nullable(integer()),
  names: list(text()),
  numbers: list(number()),
})
export type EverythingValues = TupleOf<typeof Everything>

/** Values that careless code changes: quotes, line ends, letters of two halves, the smallest number, a sum that is not 0.3. */
export function sampleOf(id: string): EverythingValues {
  return {
    id,
    words: 'Zürich "north"\r\n\u2028 \\u0041 <b>& 🏔',
    whole: -2_147_483_648,
    real: 0.1 + 0.2,
    isSo: false,
    at: 1_780_297_200_123,
    choice: 'second',
    maybe: '',
    nothing: null,
    names: ['', 'two words', '日本'],
    numbers: [0, -1.5e-7, 9_007_199_254_740_991],
  }
}
