import { expect, test } from 'bun:test'
import { systemClock } from '#kernel/clock.ts'
import { createLog } from '#kernel/log.ts'
import { makePartRoutes } from './part-routes.ts'
import { createPartScope } from './part-scope.ts'

test('routes stand under the plugin’s own path, and what they throw stays inside', async () => {
  const said: string[] = []
  const log = createLog('field.a', ({ words }) => said.push(words))
  const fetch = makePartRoutes({
    routes: (routes, { plugin }) => {
      routes.get('/hello', (c) => c.text(`from ${plugin}`))
      routes.get('/broken', () => {
        throw new Error('a secret')
      })
    },
    context: { plugin: 'a' },
    path: '/p/a/api',
    scope: createPartScope({ clock: systemClock, log, stopMsMax: 1_000 }),
    log,
  })
  const ask = (path: string, init?: RequestInit) => fetch(new Request(`http://localhost/p/a/api${path}`, init))
  const hello = await ask('/hello')
  expect([hello.status, await hello.text()]).toEqual([200, 'from a'])
  expect(hello.headers.get('x-content-type-options')).toBe('nosniff')
  const broken = await ask('/broken')
  expect([broken.status, await broken.text()]).toEqual([
    500,
    '{"error":{"kind":"internal","words":"Something broke on the server; it is logged there."}}',
  ])
  expect(said[0]).toContain('GET /p/a/api/broken failed: a secret')
  expect((await ask('/nothing')).status).toBe(404)
  const large = await ask('/hello', { method: 'POST', body: 'x'.repeat(17 * 1024 * 1024) })
  expect(large.status).toBe(413)
})
