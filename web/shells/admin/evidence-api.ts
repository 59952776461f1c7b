import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

const url = '/api/evidence/verification'

export async function startVerification(reason: string): Promise<void> {
  await requestJson(url, v.unknown(), { method: 'POST', body: { reason } })
}

export async function stopVerification(): Promise<void> {
  await requestJson(`${url}/stop`, v.unknown(), { method: 'POST', body: {} })
}
