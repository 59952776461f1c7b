/**
 * A plugin on the disk that keeps one row a tally: tests upgrade it between two starts of the platform. The sum is in a
 * column named by the version, so that the tables of two versions differ.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const project = resolve(import.meta.dir, '../..')
const from = (path: string): string => JSON.stringify(join(project, path))

export function installTally(
  folder: string,
  options: {
    readonly version: number
    /** What an amount counts in this version. */
    readonly factor: number
    /** Whether the observable shows the sum; else the ids alone, which every version has. */
    readonly showsSum?: boolean
  },
): void {
  const { version, factor, showsSum = true } = options
  const place = join(folder, 'tally')
  mkdirSync(place, { recursive: true })
  const peek = { id: 'tally', title: 'Tally', platform: '^0.1.0', services: ['logic'] }
  writeFileSync(join(place, 'package.json'), JSON.stringify({ version: `${version}.0.0`, peek }))
  writeFileSync(
    join(place, 'plugin.ts'),
    `import { accept, decideOn, defineAction, defineDecider, defineLogicPart, defineObservable, definePlugin, defineProjection,
       defineReadModel, defineTuple, evolveOn } from ${from('src/plugin-api/index.ts')}
     import { integer as whole, text as words } from ${from('src/vortex/protocol/fields.ts')}
     import { integer, text } from ${from('node_modules/drizzle-orm/pg-core/index.js')}
     const AddTally = defineAction('tally.AddTally', { version: 1, fields: { tallyId: words(), amount: whole() },
       entity: ({ tallyId }) => ['Tally', tallyId], title: () => 'Add' })
     const tally = defineDecider({ category: 'Tally', initialState: () => ({}),
       decide: [decideOn(AddTally, () => accept())], evolve: [evolveOn(AddTally, (state) => state)] })
     const model = defineReadModel('tally', 'tallies', (schema) => ({
       tallies: schema.table('tallies', { id: text('id').primaryKey(), sum${version}: integer('sum${version}').notNull() }) }))
     const tallies = defineProjection({ version: ${version}, model, on: (on) => [on(AddTally, ({ data }, { tallies }) =>
       tallies.upsert(data.tallyId, (row) => ({ id: data.tallyId, sum${version}: (row?.sum${version} ?? 0) + data.amount * ${factor} })))] })
     const Tally = defineTuple('tally.Tally', { id: words()${showsSum ? `, sum${version}: whole()` : ''} })
     const logic = defineLogicPart({ deciders: [tally], projections: [tallies],
       observables: [defineObservable(Tally, { from: model, table: 'tallies' })] })
     export const plugin = definePlugin({ id: 'tally', parts: { logic: async () => logic } })`,
  )
}
