import { describe, expect, test } from 'bun:test'
import { Hono } from 'hono'
import type { PartService } from '#plugin-api/define-plugin.ts'
import type { PartStatus } from '#plugin-host/parts/parts-host.ts'
import { mountParts, toPartsHealth } from './service-parts.ts'

describe('routes of plugins', () => {
  const siteOf = (service: PartService, isRunning = true): Hono => {
    const site = new Hono()
    const fetch = async (plugin: string, { url }: Request) => new Response(`${plugin} ${new URL(url).pathname}`)
    mountParts(site, service, () => (isRunning ? { fetch } : undefined))
    site.get('*', (c) => c.text('the app'))
    return site
  }
  const ask = async (site: Hono, path: string): Promise<string> => (await site.request(path)).text()

  test.each(['logic', 'field', 'office'] as const)('leave the pages of %s’s app alone', async (service) => {
    const site = siteOf(service)
    expect(await ask(site, '/p/inbox/api/tasks/7')).toBe('inbox /p/inbox/api/tasks/7')
    expect(await ask(site, '/p/inbox/api')).toBe('inbox /p/inbox/api')
    expect(await ask(site, '/p/inbox/apiary')).toBe('the app')
    expect(await ask(site, '/p/inbox')).toBe('the app')
  })

  test('stand straight under the plugin where there is no app', async () => {
    expect(await ask(siteOf('agent'), '/p/inbox/tasks')).toBe('inbox /p/inbox/tasks')
  })

  test('never hear of a user whom only the caller names', async () => {
    const heard: (string | null)[] = []
    const fetch = async (_plugin: string, { headers }: Request) => {
      heard.push(headers.get('x-peek-user'))
      return new Response()
    }
    for (const service of ['field', 'office', 'agent', 'worker', 'logic'] as const) {
      const site = new Hono()
      mountParts(site, service, () => ({ fetch }))
      const headers = { host: 'localhost', 'x-peek-user': 'recovery' }
      await site.request('/p/inbox/api/x', { method: 'POST', body: 'b', headers })
    }
    // On logic the door has set it.
    expect(heard).toEqual([null, null, null, null, 'recovery'])
  })

  test('are 503 where plugins do not run just now', async () => {
    const response = await siteOf('logic', false).request('/p/inbox/api/x')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
  })
})

describe('health', () => {
  const healthOf = (state: PartStatus['state'], isSettled: boolean) => {
    const status: PartStatus = {
      plugin: 'inbox',
      version: '1',
      state,
      words: 'because',
      since: 0,
      failures: 0,
      starts: 1,
      left: [],
    }
    return toPartsHealth({ statuses: () => [status], isSettled: () => isSettled })[0]
  }

  test('a plugin that failed is its own trouble', () => {
    expect(healthOf('failed', false)).toEqual({
      name: 'plugin inbox',
      state: 'stopped',
      words: 'because',
      isApart: true,
    })
    expect(healthOf('running', true)?.state).toBe('ready')
  })

  test('a part that starts is waited for at first, and not when it is tried again', () => {
    expect(healthOf('starting', false)).toMatchObject({ state: 'starting', isApart: false })
    expect(healthOf('starting', true)).toMatchObject({ state: 'starting', isApart: true })
  })
})
