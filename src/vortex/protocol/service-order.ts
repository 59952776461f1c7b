import * as v from 'valibot'
import { oneOf, text } from './fields.ts'

/** What logic may tell a linked service to do, because an administrator decided so. Never asked by another service. */
export const serviceOrderName = 'peek.order'
export const serviceOrderSchema = v.strictObject({
  /** `drain`: take no new work, finish what runs; `resume` takes that back. */
  order: oneOf(['restart', 'drain', 'resume']),
  by: text({ lengthMax: 200 }),
  reason: text({ lengthMax: 1_000 }),
})
export type ServiceOrder = v.InferOutput<typeof serviceOrderSchema>

/** Answered at once by whoever is asked: what it takes is the round trip of the link. */
export const beatRequestName = 'peek.beat'
