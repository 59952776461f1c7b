import { appendDecision } from '#admin/record-decision.ts'
import type { EventStore, Feed, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { platformStream } from '#event-store/stream-name.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { SettingsDefinition } from '#plugin-api/part-context.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import type { SettingsPort } from '#plugin-host/parts/part-ports.ts'
import { readSettings } from '#plugin-host/parts/read-settings.ts'
import { checkSettings } from '#plugin-host/settings/check-settings.ts'
import {
  type PluginSettings,
  type SettingsChange,
  type SettingsControl,
  SettingsRefused,
} from '#plugin-host/settings/settings-control.ts'
import { describeField } from '#vortex/protocol/describe-field.ts'
import { createStopSignal } from '../stop-signal.ts'

const changedType = 'peek.SettingsChanged'
const streamName = 'Settings'

/**
 * What administrators have set, from the log: each plugin's settings are a stream of their own, its last event holds all
 * that is set.
 *
 * Promises: once `start` has resolved, all that was set before is known; what any logic records is known here a moment
 * later; of two edits based on the same state the log takes one.
 */
export interface SettingsKeeper extends SettingsPort, SettingsControl {
  /** Never rejects: a store that is away is asked again. */
  start(store: EventStore): Promise<void>
  /** All that is set, by plugin. */
  values(): { readonly [plugin: string]: JsonObject }
  onAnyChange(listener: (plugin: string) => void): () => void
  stop(): Promise<void>
}

type Kept = { readonly revision: number; readonly values: JsonObject; readonly by: string; readonly at: number }
type Configurable = { readonly plugin: string; readonly title: string; readonly definition: SettingsDefinition }

export function createSettingsKeeper(options: {
  plugins: readonly LoadedPlugin[]
  store: () => EventStore | undefined
  instance: string
  clock: Clock
  random: Random
  log: Log
}): SettingsKeeper {
  const { clock, log } = options
  const configurable = new Map(options.plugins.flatMap(toConfigurable).map((one) => [one.plugin, one]))
  const kept = new Map<string, Kept>()
  const listeners = new Set<(plugin: string) => void>()
  const signal = createStopSignal(clock)
  let feed: Feed | undefined
  let isKnown = configurable.size === 0

  const take = (event: RecordedEvent): void => {
    const { plugin, values } = event.data
    if (typeof plugin !== 'string' || !isJsonObject(values) || !configurable.has(plugin)) return
    keep(plugin, { revision: event.revision, values, ...whoAndWhen(event) })
  }
  /** The log comes by the feed, by reading and by the answer to an append, in any order: the latest counts. */
  const keep = (plugin: string, found: Kept): void => {
    if (found.revision <= (kept.get(plugin)?.revision ?? -1)) return
    kept.set(plugin, found)
    for (const listener of listeners) listener(plugin)
  }

  /** What is appended from now on; after that what is there is read, so that nothing falls between. */
  const follow = async (store: EventStore): Promise<void> => {
    const live = createDeferred()
    feed = store.follow({
      after: 'end',
      filter: { on: 'type', prefixes: [changedType] },
      onBatch: async (events) => {
        for (const event of events) take(event)
      },
      onLive: (isLive) => {
        if (isLive) live.resolve()
      },
    })
    feed.finished.catch((error: unknown) => log.error(`settings are not followed any more: ${describeError(error)}`))
    await Promise.race([live.promise, feed.finished])
  }

  const readKept = async (store: EventStore, plugin: string): Promise<void> => {
    for (let attempt = 0; !signal.isStopped; attempt++) {
      try {
        const page = await store.readStream(streamOf(plugin), { from: 'end', direction: 'backwards', countMax: 1 })
        return page.forEach(take)
      } catch (error) {
        if (attempt === 0) log.warning(`the settings of "${plugin}" cannot be read yet: ${describeError(error)}`)
        await signal.pause(backOffMs(attempt, options.random))
      }
    }
  }

  const find = (plugin: string): Configurable => {
    const found = configurable.get(plugin)
    if (found) return found
    throw new PlatformError('not-found', `Plugin "${plugin}" has no settings, or does not run.`)
  }
  const get = (plugin: string): PluginSettings => toPluginSettings(find(plugin), kept.get(plugin))
  /** Who edits must see what is set, and not what is set where nobody has set anything. */
  const assertKnown = (plugin: string): void => {
    if (!isKnown && !kept.has(plugin))
      throw new PlatformError('unavailable', 'The settings are being read; try again shortly.')
  }

  return {
    valuesOf: (plugin) => kept.get(plugin)?.values,
    onChange: (plugin, listener) => {
      const told = (changed: string): void => {
        if (changed === plugin) listener()
      }
      listeners.add(told)
      return () => void listeners.delete(told)
    },
    onAnyChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    values: () => Object.fromEntries([...kept].map(([plugin, { values }]) => [plugin, values])),
    start: async (store) => {
      if (configurable.size === 0) return
      await follow(store)
      await Promise.all([...configurable.keys()].map((plugin) => readKept(store, plugin)))
      isKnown = true
    },
    stop: async () => {
      signal.stop()
      await feed?.stop()
    },
    list: () => [...configurable.keys()].map(get),
    get: (plugin) => {
      find(plugin)
      assertKnown(plugin)
      return get(plugin)
    },
    history: async (plugin, countMax) => {
      const { definition } = find(plugin)
      const store = options.store()
      if (!store) throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
      // One more than is shown: what a change changed is known from the one before it.
      const page = { from: 'end', direction: 'backwards', countMax: countMax + 1 } as const
      const events = await store.readStream(streamOf(plugin), page)
      return events.slice(0, countMax).map((event, index) => toChange(definition, event, events[index + 1]))
    },
    change: async (plugin, { values, revision, user }) => {
      const { definition } = find(plugin)
      assertKnown(plugin)
      const now = kept.get(plugin)
      const checked = checkSettings(definition, { ...fittingOf(definition, now?.values), ...values })
      if (!checked.ok) throw new SettingsRefused(plugin, checked.faults)
      const { kept: next } = checked
      if (revision !== revisionOf(now)) throw changedSince(plugin, now)
      const changed = changedNames(definition, now?.values, next)
      if (changed.length === 0) return get(plugin)
      const about = { name: streamName, id: plugin }
      const data = { plugin, values: next, changed }
      const expected = now === undefined ? 'no-stream' : now.revision
      const appended = await appendDecision(options, { type: changedType, about, user, data, expected }).catch(
        async (error: unknown) => {
          if (!isPlatformError(error, 'revision-conflict')) throw error
          const store = options.store()
          if (store) await readKept(store, plugin)
          throw changedSince(plugin, kept.get(plugin))
        },
      )
      keep(plugin, { revision: appended.revision, values: next, by: user, at: clock.now() })
      return get(plugin)
    },
  }
}

const streamOf = (plugin: string): string => platformStream(streamName, plugin)
/** The number of changes so far. */
const revisionOf = (kept: Kept | undefined): number => (kept === undefined ? 0 : kept.revision + 1)

function toConfigurable({ manifest, logic }: LoadedPlugin): readonly Configurable[] {
  const { id: plugin, title } = manifest
  return logic?.settings ? [{ plugin, title, definition: logic.settings }] : []
}

function toPluginSettings({ plugin, title, definition }: Configurable, kept: Kept | undefined): PluginSettings {
  const values = valuesOf(definition, kept?.values)
  return {
    plugin,
    title,
    revision: revisionOf(kept),
    changed: kept ? { by: kept.by, at: kept.at } : null,
    fields: Object.entries(definition.fields).map(([name, field]) => ({
      name,
      help: definition.words[name] ?? '',
      ...describeField(field),
      value: values[name] ?? null,
      default: toJson(definition.defaults[name]),
    })),
  }
}

function toChange(
  definition: SettingsDefinition,
  event: RecordedEvent,
  before: RecordedEvent | undefined,
): SettingsChange {
  const [from, to] = [valuesOf(definition, valuesIn(before)), valuesOf(definition, valuesIn(event))]
  const names = changedNames(definition, valuesIn(before), valuesIn(event))
  const fields = names.map((name) => ({ name, from: from[name] ?? null, to: to[name] ?? null }))
  return { revision: event.revision + 1, ...whoAndWhen(event), fields }
}

const valuesIn = (event: RecordedEvent | undefined): JsonObject | undefined =>
  isJsonObject(event?.data.values) ? event.data.values : undefined

function changedNames(
  definition: SettingsDefinition,
  from: JsonObject | undefined,
  to: JsonObject | undefined,
): string[] {
  const [before, after] = [valuesOf(definition, from), valuesOf(definition, to)]
  return Object.keys(definition.fields).filter((name) => canonicalJson(before[name]) !== canonicalJson(after[name]))
}

/** What is kept and still means something: a later version of the plugin may have other fields, or bounds. */
function fittingOf(definition: SettingsDefinition, kept: JsonObject | undefined): JsonObject {
  const { unfit } = readSettings(definition, kept)
  const fits = ([name]: [string, Json]): boolean => Object.hasOwn(definition.fields, name) && !unfit.includes(name)
  return Object.fromEntries(Object.entries(kept ?? {}).filter(fits))
}

function valuesOf(definition: SettingsDefinition, kept: JsonObject | undefined): JsonObject {
  const entries = Object.entries(readSettings(definition, kept).values)
  return Object.fromEntries(entries.map(([name, value]) => [name, toJson(value)]))
}

/** Field values are plain JSON; a definition's type does not say so of a field it does not know. */
const toJson = (value: unknown): Json => (value === undefined ? null : (value as Json))

function whoAndWhen({ metadata, storedAt }: RecordedEvent): { readonly by: string; readonly at: number } {
  const parsed = parseMetadata(metadata)
  return { by: parsed?.user ?? '', at: parsed?.recordedAt ?? storedAt }
}

function changedSince(plugin: string, now: Kept | undefined): PlatformError {
  const by = now ? ` by ${now.by}` : ''
  const words = `The settings of "${plugin}" were changed${by} after you opened them. Look at what they are now, then change them again.`
  return new PlatformError('revision-conflict', words, { facts: { plugin, revision: revisionOf(now) } })
}
