import * as v from 'valibot'
import { HelpRequest } from '#vortex/protocol/help-request.ts'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about devices. How they stand comes as live rows; when they were connected is asked for. */

const deviceUrl = (device: string): string => `/api/devices/${encodeURIComponent(device)}`

const contactSchema = v.object({
  id: v.string(),
  app: v.string(),
  user: v.string(),
  service: v.string(),
  address: v.string(),
  build: v.string(),
  from: v.number(),
  until: v.number(),
})
export type DeviceContactRow = v.InferOutput<typeof contactSchema>

const historySchema = v.object({ contacts: v.array(contactSchema), help: v.array(HelpRequest.schema) })

export async function loadContacts(device: string, signal?: AbortSignal): Promise<readonly DeviceContactRow[]> {
  return (await requestJson(deviceUrl(device), historySchema, signal ? { signal } : {})).contacts
}

/** What is known of it goes; it is back when it is heard of again. */
export async function forgetDevice(device: string, reason: string): Promise<void> {
  await requestJson(`${deviceUrl(device)}/forget`, v.unknown(), { method: 'POST', body: { reason } })
}
