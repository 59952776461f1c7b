import type { PluginSettings } from '#plugin-host/settings/settings-control.ts'
import type { SettingsKeeper } from './settings-keeper.ts'
import type { StatusBoard } from './status-board.ts'

/** Shows on the admin app how often settings were changed and by whom last, as they are and as they change. */
export function showSettings(
  settings: Pick<SettingsKeeper, 'list' | 'get' | 'onAnyChange'>,
  board: Pick<StatusBoard, 'settings'>,
): () => void {
  const show = ({ plugin: id, title, revision, changed }: PluginSettings): void =>
    board.settings.set({ id, title, revision, changedBy: changed?.by ?? null, changedAt: changed?.at ?? null })
  for (const one of settings.list()) show(one)
  return settings.onAnyChange((plugin) => show(settings.get(plugin)))
}
