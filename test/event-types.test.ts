/** The events of every plugin are what the list beside it says: nothing that may be in a log changes by accident. */
import { expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { loadLogicParts } from '#plugin-host/load-plugins.ts'
import { checkEventTypes, historySpec } from '#testing'
import { version as platform } from '../package.json'

const folder = resolve(import.meta.dir, '../plugins')
const enabled = readdirSync(folder).filter((id) => existsSync(join(folder, id, 'plugin.ts')))
const plugins = await loadLogicParts(discoverPlugins({ folder, enabled, platform, log: silentLog }), silentLog)

test('every plugin loads', () => {
  expect(plugins.map(({ manifest }) => manifest.id).toSorted()).toEqual(enabled.toSorted())
})

test.each(enabled)('E6 the events of "%s" are as its list has them', (id) => {
  const plugin = plugins.find(({ manifest }) => manifest.id === id)
  const isWriting = process.env.PEEK_WRITE_EVENT_TYPES === '1'
  if (plugin?.logic) checkEventTypes(plugin.logic, join(plugin.folder, 'event-types.json'), { isWriting })
})

test.each(enabled)('E6 today’s code of "%s" reads what earlier versions wrote', async (id) => {
  const plugin = plugins.find(({ manifest }) => manifest.id === id)
  const file = join(folder, id, 'history.ndjson')
  if (plugin?.logic && existsSync(file)) await historySpec(plugin.logic).ofFile(file).thenReadable()
})
