import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { defineLogicPart } from '#plugin-api/define-plugin.ts'
import { defineSettings, type SettingsDefinition } from '#plugin-api/part-context.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { parseManifest } from '#plugin-host/manifest.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { boolean, integer, text } from '#vortex/protocol/fields.ts'
import { createSettingsKeeper, type SettingsKeeper } from './settings-keeper.ts'

let store: MemoryEventStore
let keepers: SettingsKeeper[]

const definition = defineSettings('mail', {
  fields: { host: text({ lengthMin: 1 }), port: integer({ min: 1, max: 65_535 }) },
  defaults: { host: 'localhost', port: 25 },
  words: { host: 'Where mail goes.', port: 'At which port.' },
})
const mail = {
  folder: '/nowhere',
  version: '1.0.0',
  manifest: parseManifest('mail', { peek: { id: 'mail', title: 'Mail', platform: '*' } }),
  logic: defineLogicPart({ settings: definition }),
}

/** One logic, started on the store that all share. */
async function startKeeper(plugin: LoadedPlugin = mail, at: EventStore = store): Promise<SettingsKeeper> {
  const surroundings = { instance: 'l', clock: systemClock, random: () => 0.5, log: silentLog }
  const keeper = createSettingsKeeper({ plugins: [plugin], store: () => at, ...surroundings })
  keepers.push(keeper)
  await keeper.start(at)
  return keeper
}
/** A later version of the plugin, whose settings are others. */
function laterMail(settings: SettingsDefinition): LoadedPlugin {
  return { ...mail, version: '2.0.0', logic: defineLogicPart({ settings }) }
}
const edit = (keeper: SettingsKeeper, values: JsonObject, revision: number, user = 'ann') =>
  keeper.change('mail', { values, revision, user })
const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it worked',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

beforeEach(() => {
  store = createMemoryEventStore()
  keepers = []
})
afterEach(async () => {
  for (const keeper of keepers) await keeper.stop()
})

test('before anybody sets anything each field is at its default, with what a form needs', async () => {
  const keeper = await startKeeper()
  expect(keeper.list()).toMatchObject([
    {
      plugin: 'mail',
      title: 'Mail',
      revision: 0,
      changed: null,
      fields: [
        { name: 'host', help: 'Where mail goes.', value: 'localhost', default: 'localhost' },
        { name: 'port', help: 'At which port.', value: 25, control: { kind: 'number', isWhole: true } },
      ],
    },
  ])
  expect(keeper.valuesOf('mail')).toBeUndefined()
})

test('a change is in the log with who and what, in effect at once, and there after a restart', async () => {
  const keeper = await startKeeper()
  const told: string[] = []
  keeper.onChange('mail', () => told.push(JSON.stringify(keeper.valuesOf('mail'))))
  const changed = await edit(keeper, { host: 'mx.example' }, 0)
  expect(changed).toMatchObject({ revision: 1, changed: { by: 'ann' } })
  expect(told[0]).toBe('{"host":"mx.example"}')
  const [event] = store.streamOf('peek.Settings-mail')
  expect(event).toMatchObject({
    type: 'peek.SettingsChanged',
    data: { plugin: 'mail', values: { host: 'mx.example' }, changed: ['host'] },
  })
  const restarted = await startKeeper()
  expect(restarted.valuesOf('mail')).toEqual({ host: 'mx.example' })
  expect(restarted.get('mail')).toMatchObject({ revision: 1, changed: { by: 'ann' } })
})

test('an edit based on an older state is refused, by its own logic and by another, and says who was first', async () => {
  const [one, other] = [await startKeeper(), await startKeeper()]
  await edit(one, { port: 26 }, 0, 'ann')
  expect(await failure(edit(one, { port: 27 }, 0, 'bob'))).toContain('were changed by ann after you opened them')
  expect(await failure(edit(other, { port: 27 }, 0, 'bob'))).toContain('were changed by ann after you opened them')
  expect(await edit(other, { port: 27 }, 1, 'bob')).toMatchObject({ revision: 2 })
  expect(store.streamOf('peek.Settings-mail')).toHaveLength(2)
})

test('of two edits at one time the log takes one', async () => {
  const [one, other] = [await startKeeper(), await startKeeper()]
  const outcomes = await Promise.all([failure(edit(one, { port: 26 }, 0)), failure(edit(other, { port: 27 }, 0))])
  expect(outcomes.filter((words) => words === 'it worked')).toHaveLength(1)
  expect(outcomes.filter((words) => words.includes('after you opened them'))).toHaveLength(1)
})

test('what another logic recorded is known here without a restart', async () => {
  const [one, other] = [await startKeeper(), await startKeeper()]
  const told = new Promise<void>((resolve) => void other.onAnyChange(() => resolve()))
  await edit(one, { port: 26 }, 0)
  await told
  expect(other.valuesOf('mail')).toEqual({ port: 26 })
})

test('values that do not fit are refused by field, and nothing is recorded', async () => {
  const keeper = await startKeeper()
  expect(await failure(edit(keeper, { host: '', port: 0 }, 0))).toBe(
    'The settings of "mail" do not fit: host must not be empty; port must be between 1 and 65535.',
  )
  expect(store.streamOf('peek.Settings-mail')).toHaveLength(0)
})

test('a field set back to its default is set no more, and an edit that changes nothing is no change', async () => {
  const keeper = await startKeeper()
  await edit(keeper, { port: 26 }, 0)
  expect(await edit(keeper, { port: 26 }, 1)).toMatchObject({ revision: 1 })
  await edit(keeper, { port: 25 }, 1)
  expect(keeper.valuesOf('mail')).toEqual({})
})

test('the history says who changed which field from what to what, newest first', async () => {
  const keeper = await startKeeper()
  await edit(keeper, { port: 26 }, 0, 'ann')
  await edit(keeper, { host: 'mx.example', port: 25 }, 1, 'bob')
  expect(await keeper.history('mail', 10)).toMatchObject([
    {
      revision: 2,
      by: 'bob',
      fields: [
        { name: 'host', from: 'localhost', to: 'mx.example' },
        { name: 'port', from: 26, to: 25 },
      ],
    },
    { revision: 1, by: 'ann', fields: [{ name: 'port', from: 25, to: 26 }] },
  ])
  expect(await keeper.history('mail', 1)).toMatchObject([{ revision: 2, fields: [{ name: 'host' }, { name: 'port' }] }])
})

test('settings of a plugin that has none, or does not run, are not found', async () => {
  const keeper = await startKeeper()
  expect(() => keeper.get('other')).toThrow('Plugin "other" has no settings')
})

test('what an older version of the plugin kept, and is no setting any more or no longer fits, hinders no edit', async () => {
  await edit(await startKeeper(), { host: 'mx.example', port: 2_525 }, 0)
  const later = defineSettings('mail', {
    fields: { port: integer({ min: 1, max: 100 }), isLoud: boolean() },
    defaults: { port: 25, isLoud: false },
    words: { port: 'At which port.', isLoud: 'Whether everybody hears.' },
  })
  const keeper = await startKeeper(laterMail(later))
  expect(await edit(keeper, { isLoud: true }, 1)).toMatchObject({ revision: 2 })
  expect(keeper.valuesOf('mail')).toEqual({ isLoud: true })
})

test('an answer of the store that comes late takes nothing back that others have set since', async () => {
  const answer = createDeferred()
  const slow: EventStore = {
    ...store,
    append: async (...asked) => {
      const appended = await store.append(...asked)
      await answer.promise
      return appended
    },
  }
  const [slowly, other] = [await startKeeper(mail, slow), await startKeeper()]
  const first = edit(slowly, { port: 26 }, 0, 'ann')
  while (slowly.list()[0]?.revision !== 1) await Bun.sleep(0)
  while (other.list()[0]?.revision !== 1) await Bun.sleep(0)
  await edit(other, { port: 27 }, 1, 'bob')
  while (slowly.list()[0]?.revision !== 2) await Bun.sleep(0)
  answer.resolve()
  await first
  expect(slowly.valuesOf('mail')).toEqual({ port: 27 })
  expect(slowly.get('mail')).toMatchObject({ revision: 2, changed: { by: 'bob' } })
})
