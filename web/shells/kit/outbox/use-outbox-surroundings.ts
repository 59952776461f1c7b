import { pluginOf } from '#vortex/protocol/tuple.ts'
import { useOutbox } from '#web/sdk'
import { usePeek } from '#web/sdk/peek-context.ts'
import { useAppManifest } from '../manifest-gate.tsx'
import type { OutboxSurroundings } from './outbox-view.ts'

/** Actions of the platform itself, such as a question to the office. */
const platformName = 'peek'

/** The outbox of this page, with what the app around it knows. */
export function useOutboxSurroundings(): OutboxSurroundings {
  const app = useAppManifest()
  const { help } = usePeek('useOutboxSurroundings')
  return {
    outbox: useOutbox(),
    pluginTitle: (actionName) => {
      const id = pluginOf(actionName)
      if (id === platformName) return app.manifest.title
      return app.manifest.plugins.find((plugin) => plugin.id === id)?.title ?? `${id} (not in this app any more)`
    },
    helpDesk: { ask: async ({ record, words }) => void (await help.ask([record.id], words)) },
    device: help.device,
  }
}
