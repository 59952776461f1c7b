import { integer, text } from 'drizzle-orm/pg-core'
import { defineEvent } from '#action/define-action.ts'
import { pickOne, type Random } from '#kernel/random.ts'
import { defineProjection } from '#projection/define-projection.ts'
import { defineReadModel } from '#projection/read-model.ts'
import { boolean as isTrue, text as words } from '#vortex/protocol/fields.ts'

/** A read model in which entities share rows: boxes stand at places, and a place counts its boxes. */
export const ledgerModel = defineReadModel('test', 'ledger', (schema) => ({
  boxes: schema.table('boxes', {
    id: text('id').primaryKey(),
    place: text('place').notNull(),
    moves: integer('moves').notNull(),
  }),
  places: schema.table('places', { id: text('id').primaryKey(), boxes: integer('boxes').notNull() }),
}))

export const BoxPacked = defineEvent('test.BoxPacked', { version: 1, fields: { place: words() } })
export const BoxMoved = defineEvent('test.BoxMoved', { version: 1, fields: { from: words(), to: words() } })
export const BoxShaken = defineEvent('test.BoxShaken', { version: 1, fields: { isFragile: isTrue() } })
export const PlaceClosed = defineEvent('test.PlaceClosed', { version: 1, fields: { place: words() } })

/** `isFixed`: the handler of `BoxShaken` has a bug until somebody fixes it. */
export function defineLedger(isFixed: boolean) {
  return defineProjection({
    version: 1,
    model: ledgerModel,
    on: (on) => [
      on(BoxPacked, ({ entityId, data }, { boxes, places }) => {
        boxes.insert({ id: entityId, place: data.place, moves: 0 })
        places.upsert(data.place, (row) => ({ id: data.place, boxes: (row?.boxes ?? 0) + 1 }))
      }),
      on(BoxMoved, ({ entityId, data }, { boxes, places }) => {
        boxes.update(entityId, ({ moves }) => ({ place: data.to, moves: moves + 1 }))
        places.update(data.from, (row) => ({ boxes: row.boxes - 1 }))
        places.upsert(data.to, (row) => ({ id: data.to, boxes: (row?.boxes ?? 0) + 1 }))
      }),
      on(BoxShaken, ({ entityId, data }, { boxes }) => {
        if (data.isFragile && !isFixed) throw new Error(`box ${entityId} cannot be shaken`)
        boxes.update(entityId, ({ moves }) => ({ moves: moves + 10 }))
      }),
      on(PlaceClosed, ({ data }, { places }) => places.delete(data.place)),
    ],
  })
}

/** An event of some box: many fit, some fail, and what fails in one entity makes others fail through the rows they share. */
export function randomLedgerEvent(random: Random, places: readonly string[]) {
  const place = pickOne(random, places)
  const chance = random()
  if (chance < 0.35) return { type: BoxPacked.name, data: { place } }
  if (chance < 0.75) return { type: BoxMoved.name, data: { from: place, to: pickOne(random, places) } }
  if (chance < 0.95) return { type: BoxShaken.name, data: { isFragile: random() < 0.3 } }
  return { type: PlaceClosed.name, data: { place } }
}
