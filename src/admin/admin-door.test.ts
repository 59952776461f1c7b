import { expect, test } from 'bun:test'
import { Hono } from 'hono'
import { adminDoor } from './admin-door.ts'

const site = new Hono()
site.use('/p/*', adminDoor({ userOf: (key) => (key === 'good key' ? 'änn' : undefined) }))
site.all('/p/*', async (c) =>
  c.json({ user: c.req.header('x-peek-user'), cookie: c.req.header('cookie'), body: await c.req.text() }),
)
const signedIn = { cookie: 'peek-admin=good%20key', host: 'admin.example' }

test('nobody gets through who has not signed in', async () => {
  expect((await site.request('/p/x')).status).toBe(401)
  expect((await site.request('/p/x', { headers: { 'x-peek-user': 'ann' } })).status).toBe(401)
})

test('who asks is said to the routes behind, whatever the caller claims; the key of the session is not', async () => {
  const response = await site.request('/p/x', {
    method: 'POST',
    headers: { ...signedIn, 'x-peek-user': 'somebody else' },
    body: 'a body',
  })
  expect(await response.json()).toEqual({ user: '%C3%A4nn', body: 'a body' })
})

test('only the admin app’s own pages change anything', async () => {
  const ask = async (origin: string, method: string) =>
    (await site.request('/p/x', { method, headers: { ...signedIn, origin } })).status
  expect(await ask('http://admin.example', 'POST')).toBe(200)
  expect(await ask('http://elsewhere.example', 'POST')).toBe(403)
  expect(await ask('null', 'DELETE')).toBe(403)
  expect(await ask('http://elsewhere.example', 'GET')).toBe(200)
})
