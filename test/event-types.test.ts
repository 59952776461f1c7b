/** The events of the platform and of every plugin are what the list beside them says: nothing that may be in a log changes by accident. */
import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { platformEvents } from '#admin/platform-events.ts'
import { changedType, resyncType } from '#event-store/change-event.ts'
import { silentLog } from '#kernel/log.ts'
import { defineLogicPart } from '#plugin-api/define-plugin.ts'
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

test('E6 the events of the platform itself are as its list has them', () => {
  const isWriting = process.env.PEEK_WRITE_EVENT_TYPES === '1'
  const file = join(import.meta.dir, '../src/admin/event-types.json')
  checkEventTypes(defineLogicPart({ events: platformEvents }), file, { isWriting })
})

test('E6 the platform writes no event that is not on its list', () => {
  const folders = ['src', 'plugins', 'projections'].map((name) => resolve(import.meta.dir, '..', name))
  const listed = new Set([...platformEvents.map(({ name }) => name), changedType, resyncType])
  const written = folders.flatMap((from) =>
    [...new Bun.Glob('**/*.ts').scanSync({ cwd: from, absolute: true })]
      .filter((path) => !path.endsWith('.test.ts'))
      .flatMap((path) => readFileSync(path, 'utf8').match(/'peek\.[A-Z][A-Za-z]*(ed|Resync)'/g) ?? []),
  )
  expect([...new Set(written.map((text) => text.slice(1, -1)))].filter((type) => !listed.has(type))).toEqual([])
})

test.each(enabled)('E6 today’s code of "%s" reads what earlier versions wrote', async (id) => {
  const plugin = plugins.find(({ manifest }) => manifest.id === id)
  const file = join(folder, id, 'history.ndjson')
  if (plugin?.logic && existsSync(file)) await historySpec(plugin.logic).ofFile(file).thenReadable()
})
