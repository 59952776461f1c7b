import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'
import type { Deed } from './service-looks.ts'

/** Tells one instance what was decided; how it stands then comes as live rows. */
export async function tellService(instance: string, deed: Deed, reason: string): Promise<void> {
  const url = `/api/services/${encodeURIComponent(instance)}/${deed}`
  await requestJson(url, v.unknown(), { method: 'POST', body: { reason } })
}
