import { expect, test } from 'bun:test'
import { Hono } from 'hono'
import { startSite } from './start-site.ts'

/** The first line of what a site answers to a request with this `Host`. */
function askAs(host: string, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  void Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => void socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      data: (_, bytes) => resolve(bytes.toString('latin1').split('\r\n')[0] ?? ''),
      connectError: (_, error) => reject(error),
    },
  })
  return promise
}

test('S3 a Host that is none is refused before anything looks at the address', async () => {
  const root = new Hono()
  root.get('/x', (c) => c.text(new URL(c.req.url).pathname))
  const site = startSite({ host: '127.0.0.1', port: 0, key: 'none', fetch: root.fetch })
  for (const host of ['[', 'a:99999', 'a:b', '%'])
    expect([host, await askAs(host, site.port)]).toEqual([host, 'HTTP/1.1 400 Bad Request'])
  expect(await askAs('agent.example', site.port)).toBe('HTTP/1.1 200 OK')
  await site.stop()
})
