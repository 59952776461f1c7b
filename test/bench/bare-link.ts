import { createServer } from 'node:net'
import { type LinkShape, openSlowLink } from '#support/slow-link.ts'

/** How long as many bytes take up, then down, over such a link to somebody who only takes and gives, in milliseconds. */
export async function carryBare(bytes: { up: number; down: number }, link: LinkShape): Promise<number> {
  const server = createServer((socket) => {
    let left = bytes.up
    socket.on('data', (chunk) => {
      left -= chunk.length
      if (left <= 0) socket.write(Buffer.alloc(bytes.down))
    })
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const way = await openSlowLink(
    { host: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 },
    link,
  )
  const startedAt = performance.now()
  await new Promise<void>((resolve, reject) => {
    let left = bytes.down
    let sent = 0
    const body = Buffer.alloc(bytes.up)
    void Bun.connect({
      hostname: '127.0.0.1',
      port: way.port,
      socket: {
        open: (socket) => {
          sent = socket.write(body)
        },
        drain: (socket) => {
          sent += socket.write(body.subarray(sent))
        },
        data: (socket, chunk) => {
          left -= chunk.length
          if (left > 0) return
          socket.end()
          resolve()
        },
        error: (_socket, error) => reject(error),
      },
    })
  })
  const tookMs = performance.now() - startedAt
  await way.close()
  await new Promise((resolve) => server.close(resolve))
  return tookMs
}
