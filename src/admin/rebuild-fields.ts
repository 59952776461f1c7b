import * as v from 'valibot'

/** Fields that requests about rebuilds have. */

export const reasonField = v.pipe(v.string(), v.maxLength(1_000))

/** More than any machine does is a slip of the keyboard. */
const eventsPerSecondMax = 10_000_000

/** Events a second at most; null for no limit. */
export const rateField = v.nullable(
  v.pipe(
    v.number('must be events a second, or null for no limit'),
    v.integer('must be a whole number of events a second'),
    v.minValue(1, 'must be at least 1 event a second; to stop for a while, pause it'),
    v.maxValue(eventsPerSecondMax, `must be at most ${eventsPerSecondMax} events a second`),
  ),
)
