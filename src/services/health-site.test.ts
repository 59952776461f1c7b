import { expect, test } from 'bun:test'
import { createHealthSite } from './health-site.ts'
import type { HealthState } from './service.ts'

const identity = {
  name: 'agent',
  instanceName: 'a',
  zone: 'main',
  id: 'i',
  device: 'd',
  build: '1',
  host: 'h',
  pid: 7,
  startedAt: 5,
}
const siteIn = (state: HealthState, takesWork = false) =>
  createHealthSite({
    identity,
    health: () => ({ state, words: 'so it is', parts: [], takesWork }),
    gauges: () => ({ memory_bytes: 5 }),
  })

test('/health answers 200 in every state, with the reasons', async () => {
  const response = await siteIn('degraded').request('/health')
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ service: 'agent', state: 'degraded', words: 'so it is' })
})

test('/ready answers 200 only while there is somebody to take work', async () => {
  expect((await siteIn('ready').request('/ready')).status).toBe(200)
  expect((await siteIn('degraded').request('/ready')).status).toBe(503)
  expect((await siteIn('degraded', true).request('/ready')).status).toBe(200)
})

test('/metrics is plain text, a gauge a line', async () => {
  expect(await (await siteIn('ready').request('/metrics')).text()).toBe(
    'peek_ready{service="agent"} 1\npeek_memory_bytes{service="agent"} 5\n',
  )
})
