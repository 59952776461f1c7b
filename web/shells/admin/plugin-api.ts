import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about plugins. How their parts are comes as live rows. */

const pluginSchema = v.object({
  id: v.string(),
  title: v.string(),
  version: v.string(),
  requires: v.array(v.string()),
})
export type Plugin = v.InferOutput<typeof pluginSchema>

export async function loadPlugins(signal?: AbortSignal): Promise<readonly Plugin[]> {
  const options = signal === undefined ? {} : { signal }
  return (await requestJson('/api/plugins', v.object({ plugins: v.array(pluginSchema) }), options)).plugins
}

/** Its parts end and start again on every service; answered when that is recorded and has begun. */
export async function restartPlugin(plugin: string, reason: string): Promise<void> {
  const url = `/api/plugins/${encodeURIComponent(plugin)}/restart`
  await requestJson(url, v.unknown(), { method: 'POST', body: { reason } })
}
