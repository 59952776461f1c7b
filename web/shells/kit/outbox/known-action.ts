import { createResource, type Resource } from 'solid-js'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { findKnownAction } from '#web/sdk/known-action.ts'
import type { PluginEntry } from '../app-manifest.ts'
import type { KnownAction } from './record-fields.ts'

/**
 * The definition of an action that lies in the outbox: of a page just opened nobody has loaded its plugin yet, so that the
 * modules of its screens are. They are on the device; where they are not, the action is known by its values alone.
 */
export function createKnownAction(
  name: () => string,
  plugins: () => readonly Pick<PluginEntry, 'id' | 'screens'>[],
): Resource<KnownAction | undefined> {
  const [known] = createResource(
    () => ({ name: name() }),
    async (of) => findKnownAction(of.name) ?? (await loadPlugin(of.name, plugins())),
  )
  return known
}

async function loadPlugin(
  name: string,
  plugins: readonly Pick<PluginEntry, 'id' | 'screens'>[],
): Promise<KnownAction | undefined> {
  const plugin = plugins.find(({ id }) => id === pluginOf(name))
  await Promise.allSettled((plugin?.screens ?? []).map(({ url }) => import(/* @vite-ignore */ url)))
  return findKnownAction(name)
}
