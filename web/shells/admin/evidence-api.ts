import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

const url = '/api/evidence/verification'

export async function startVerification(): Promise<void> {
  await requestJson(url, v.unknown(), { method: 'POST', body: {} })
}

export async function stopVerification(): Promise<void> {
  await requestJson(`${url}/stop`, v.unknown(), { method: 'POST', body: {} })
}
