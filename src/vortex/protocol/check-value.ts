import * as v from 'valibot'

/**
 * Checks a value from outside. All that is wrong with it is told at once; of a large value only what is wrong first, since
 * what is remembered of each fault is much larger than what makes one: a million zeros where texts are wanted are a
 * frame of two megabytes, and a million faults are a gigabyte.
 */
export function checkValue<T>(
  schema: v.GenericSchema<unknown, T>,
  input: unknown,
): v.SafeParseResult<v.GenericSchema<unknown, T>> {
  const first = v.safeParse(schema, input, { abortEarly: true, abortPipeEarly: true })
  if (first.success || holdsMoreThan(input, valuesToldAtOnceMax)) return first
  return v.safeParse(schema, input, { abortPipeEarly: true })
}

/** Of a value with more values inside, itself counted, only the first fault is told. */
export const valuesToldAtOnceMax = 10_000

function holdsMoreThan(input: unknown, countMax: number): boolean {
  let count = 1
  const open = [input]
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
    count += inside.length
    if (count > countMax) return true
    for (const one of inside) open.push(one)
  }
  return false
}
