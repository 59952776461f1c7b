/** Code of earlier versions: kept in Postgres, loaded from a file, run with its own upcasters. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { createLog, silentLog } from '#kernel/log.ts'
import { platformProjections } from '#plugin-host/all-projections.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { keepCode } from '#plugin-host/kept-code/keep-code.ts'
import { openKeptCode } from '#plugin-host/kept-code/open-kept-code.ts'
import { type LoadedPlugin, loadLogicParts } from '#plugin-host/load-plugins.ts'
import { projectionId } from '#projection/define-projection.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'

const door = resolve(import.meta.dir, '../../src/plugin-api/index.ts')
const project = resolve(import.meta.dir, '../..')
let fresh: MigratedDatabase
let root = ''
let count = 0
let store: MemoryEventStore
const running: Projector[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(4)
  root = mkdtempSync(join(tmpdir(), 'peek-kept-'))
}, 120_000)
afterAll(async () => {
  rmSync(root, { recursive: true })
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  await fresh.sql`truncate platform.projection_versions, platform.projection_code cascade`
  await fresh.sql`drop schema if exists pl_orders__totals cascade`
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()))
})

/** A plugin on the disk whose one row is the sum of what was ordered, in a column of this version's name. */
async function install(options: {
  version: number
  schemaVersion?: number
  pluginVersion?: string
  folder?: string
}): Promise<{ folder: string; plugins: LoadedPlugin[] }> {
  const { version, schemaVersion = 1, pluginVersion = `${version}.0.0` } = options
  const folder = options.folder ?? join(root, String(count++))
  mkdirSync(join(folder, 'orders'), { recursive: true })
  const peek = { id: 'orders', title: 'Orders', platform: '^0.1.0', services: ['logic'] }
  writeFileSync(join(folder, 'orders/package.json'), JSON.stringify({ version: pluginVersion, peek }))
  const upcasts = schemaVersion === 1 ? '' : '({ data }) => ({ amount: data * 100 })'
  writeFileSync(
    join(folder, 'orders/plugin.ts'),
    `import { defineEvent, definePlugin, defineLogicPart, defineProjection, defineReadModel } from ${JSON.stringify(door)}
     import { integer, text } from ${JSON.stringify(join(project, 'node_modules/drizzle-orm/pg-core/index.js'))}
     import { integer as whole } from ${JSON.stringify(join(project, 'src/vortex/protocol/fields.ts'))}
     const Ordered = defineEvent('orders.Ordered', { version: ${schemaVersion}, fields: { amount: whole() } })
     const model = defineReadModel('orders', 'totals', (schema) => ({
       totals: schema.table('totals', { id: text('id').primaryKey(), sum: integer('sum_${version}').notNull() }) }))
     const totals = defineProjection({ version: ${version}, model, on: (on) => [
       on(Ordered, ({ data }, { totals }) => totals.upsert('all', (row) => ({ id: 'all', sum: (row?.sum ?? 0) + data.amount })))] })
     const logic = defineLogicPart({ projections: [totals], eventSchemas: [
       { type: 'orders.Ordered', version: ${schemaVersion}, upcasts: [${upcasts ? '(data) => ({ amount: Number(data.amount) * 100 })' : ''}] }] })
     export const plugin = definePlugin({ id: 'orders', parts: { logic: async () => logic } })`,
  )
  return { folder, plugins: await load(folder) }
}

const load = (folder: string) =>
  loadLogicParts(discoverPlugins({ folder, enabled: 'all', platform: '0.1.0', log: silentLog }), silentLog)
const keep = (plugins: readonly LoadedPlugin[], log = silentLog) =>
  keepCode({ sql: fresh.sql, plugins, platform: '0.1.0', log })
const openFolder = () => join(root, `files-${count++}`)
const open = (folder = openFolder()) => openKeptCode({ sql: fresh.sql, folder })
const definitionOf = ([plugin]: readonly LoadedPlugin[]) =>
  must(plugin?.logic?.projections[0], 'the plugin has one projection')
const order = (amount: number) =>
  store.append(
    'orders.Order-1',
    [{ id: crypto.randomUUID(), type: 'orders.Ordered', data: { amount }, metadata: {} }],
    'any',
  )
const read = (column: string) => fresh.sql.unsafe(`select ${column}::int as sum from pl_orders__totals.totals`)

function start(plugins: readonly LoadedPlugin[], kept = open()): Projector {
  const projector = startProjector({
    definition: definitionOf(plugins),
    findKept: (version) => kept.find('orders.totals', version),
    store,
    sql: fresh.sql,
    clock: systemClock,
    random: () => 0,
    log: silentLog,
    epoch: 1,
    watchedFields: {},
  })
  running.push(projector)
  return projector
}

describe('kept code', () => {
  test('goes on feeding its tables after an upgrade took its plugin away', async () => {
    const before = await install({ version: 1 })
    await keep(before.plugins)
    const first = start(before.plugins)
    await order(3)
    await eventually('it has projected', () => first.status().eventCount === 1)
    await first.stop()
    rmSync(before.folder, { recursive: true })
    // The new build reads the same events as a hundred times as much; the kept one as it always did.
    const after = await install({ version: 2, schemaVersion: 2 })
    await order(4)
    const second = start(after.plugins)
    await eventually('kept code has projected', () => second.status().eventCount === 2)
    expect(await read('sum_1')).toMatchObject([{ sum: 7 }])
    expect(second.status()).toMatchObject({ version: 1, loadedVersion: 2, parkedCount: 0 })
  })

  test('is kept once, and again when the plugin or its files change', async () => {
    const { plugins } = await install({ version: 1 })
    const hashes = () =>
      fresh.sql`select projection, version, hash from platform.projection_versions order by projection`
    await keep(plugins)
    const first = await hashes()
    expect(first.map((row) => `${row.projection} ${row.version}`)).toEqual([
      'orders.totals 1',
      ...platformProjections.map((one) => `${projectionId(one)} ${one.version}`).sort(),
    ])
    await fresh.sql`update platform.projection_versions set kept_at = '2000-01-01 00:00:00Z'`
    await keep(plugins)
    expect(await open().versions('orders.totals')).toEqual([{ version: 1, keptAt: Date.UTC(2000, 0, 1) }])
    const isKeptAnew = async (): Promise<boolean> => {
      const [newest] = await open().versions('orders.totals')
      await fresh.sql`update platform.projection_versions set kept_at = '2000-01-01 00:00:00Z'`
      return (newest?.keptAt ?? 0) > Date.UTC(2020, 0, 1)
    }
    await keep((await install({ version: 1, pluginVersion: '1.0.1' })).plugins)
    expect(await isKeptAnew()).toBe(true)
    const { folder, plugins: edited } = await install({ version: 1, pluginVersion: '1.0.1' })
    await keep(edited)
    expect(await isKeptAnew()).toBe(false)
    writeFileSync(join(folder, 'orders/more.ts'), 'export const more = 1')
    await keep(edited)
    expect(await isKeptAnew()).toBe(true)
  })

  test('is kept again when a plugin that its plugin requires changes: events of that one are upcast by it', async () => {
    const { folder } = await install({ version: 1 })
    const write = (path: string, text: string): void => writeFileSync(join(folder, path), text)
    mkdirSync(join(folder, 'prices'))
    write(
      'prices/package.json',
      JSON.stringify({ version: '1.0.0', peek: { id: 'prices', title: 'Prices', platform: '^0.1.0' } }),
    )
    write(
      'prices/plugin.ts',
      `import { definePlugin } from ${JSON.stringify(door)}
       export const plugin = definePlugin({ id: 'prices', parts: {} })`,
    )
    const peek = {
      id: 'orders',
      title: 'Orders',
      platform: '^0.1.0',
      services: ['logic'],
      requires: { prices: '^1.0.0' },
    }
    write('orders/package.json', JSON.stringify({ version: '1.0.0', peek }))
    const plugins = await load(folder)
    await keep(plugins)
    await fresh.sql`update platform.projection_versions set kept_at = '2000-01-01 00:00:00Z'`
    write('prices/more.ts', 'export const more = 1')
    await keep(plugins)
    expect((await open().versions('orders.totals'))[0]?.keptAt).toBeGreaterThan(Date.UTC(2020, 0, 1))
  })

  test('of a plugin whose files cannot be read is reported, and the rest is kept', async () => {
    const { folder, plugins } = await install({ version: 1 })
    mkdirSync(join(folder, 'orders/odd.ts'))
    const lines: string[] = []
    await keep(
      plugins,
      createLog('test', (line) => void lines.push(line.words)),
    )
    expect(lines).toEqual([expect.stringContaining('the code of "orders" could not be kept')])
    expect(await open().versions('peek.action-audit')).toHaveLength(1)
  })

  test('of old versions is forgotten, that of a pinned one is not', async () => {
    await fresh.sql`insert into platform.projection_pins (projection, version, by_user, reason) values ('orders.totals', 1, 'ann', '')`
    for (const version of [1, 2, 3, 4, 5, 6, 7]) await keep((await install({ version })).plugins)
    expect((await open().versions('orders.totals')).map(({ version }) => version)).toEqual([7, 6, 5, 4, 3, 1])
    expect(await open().find('orders.totals', 2)).toBeUndefined()
    expect(await fresh.sql`select count(*)::int as codes from platform.projection_code`).toMatchObject([{ codes: 7 }])
    await fresh.sql`truncate platform.projection_pins`
  })

  test('is written anew where its file was changed, and refused where Postgres has something else', async () => {
    await keep((await install({ version: 1 })).plugins)
    const folder = openFolder()
    expect(await open(folder).find('orders.totals', 1)).toMatchObject({ definition: { version: 1 } })
    const files = readdirSync(folder)
    expect(files).toHaveLength(1)
    writeFileSync(join(folder, files[0] ?? ''), 'throw new Error("changed")')
    expect(await open(folder).find('orders.totals', 1)).toMatchObject({ definition: { version: 1 } })
    await fresh.sql`update platform.projection_code set code = ${Bun.gzipSync('export const format = 1')}`
    await expect(open().find('orders.totals', 1)).rejects.toMatchObject({ kind: 'plugin-failed' })
  })

  test('that cannot be put into one file is reported, and the rest is kept', async () => {
    const { folder, plugins } = await install({ version: 1 })
    writeFileSync(join(folder, 'orders/plugin.ts'), 'import { x } from "./nowhere.ts"; export const plugin = x')
    const said: string[] = []
    await keep(
      plugins,
      createLog('test', ({ words }) => said.push(words)),
    )
    expect(said).toEqual([expect.stringContaining('the code of "orders" could not be kept')])
    expect(await open().versions('peek.action-audit')).toHaveLength(1)
    expect(await open().find('orders.totals', 1)).toBeUndefined()
  })
})
