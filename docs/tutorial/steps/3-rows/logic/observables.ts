import { defineObservable } from '#plugin-api'
import { StringInt } from '../shared/tuples.ts'
import { stringIntsModel } from '../storage/string-ints.ts'

/** Every string int, or the one picked by its id. */
export const observeStringInts = defineObservable(StringInt, {
  from: stringIntsModel,
  table: 'rows',
  selector: ['id'],
  orderBy: ['string1'],
})
