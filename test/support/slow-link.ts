/**
 * A way to a server as a mobile network is one: so many bits a second and so long a way, in each direction by itself.
 *
 * What is sent waits until what was sent before it has left, takes the time its bytes need, and is on the way for half a
 * round trip. Like the queue of a real modem the one here is bounded: past it the sender is not read from.
 */
import { createServer, connect as dial, type Socket } from 'node:net'

export type LinkShape = { readonly bitsPerSecond: number; readonly roundTripMs: number }

export interface SlowLink {
  readonly port: number
  /** Bytes that came through, to the server and from it. */
  bytes(): { readonly up: number; readonly down: number }
  close(): Promise<void>
}

const queueBytesMax = 256 * 1024

export async function openSlowLink(target: { host: string; port: number }, shape: LinkShape): Promise<SlowLink> {
  const sockets = new Set<Socket>()
  const carried = { up: 0, down: 0 }
  const keep = (socket: Socket): void => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const server = createServer((near) => {
    keep(near)
    const far = dial(target)
    keep(far)
    carry(near, far, shape, (count) => {
      carried.up += count
    })
    carry(far, near, shape, (count) => {
      carried.down += count
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    bytes: () => ({ ...carried }),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function carry(from: Socket, to: Socket, shape: LinkShape, onBytes: (count: number) => void): void {
  const onWayMs = shape.roundTripMs / 2
  const onWay: { readonly chunk: Buffer; readonly arrivesAt: number }[] = []
  let freeAt = 0
  let queuedBytes = 0
  let isWaiting = false

  const deliver = (): void => {
    isWaiting = false
    for (let first = onWay[0]; first && first.arrivesAt <= performance.now(); first = onWay[0]) {
      onWay.shift()
      queuedBytes -= first.chunk.length
      onBytes(first.chunk.length)
      to.write(first.chunk)
    }
    if (queuedBytes < queueBytesMax) from.resume()
    schedule()
  }
  const schedule = (): void => {
    const [first] = onWay
    if (!first || isWaiting) return
    isWaiting = true
    setTimeout(deliver, Math.max(0, first.arrivesAt - performance.now()))
  }

  from.on('data', (chunk) => {
    freeAt = Math.max(performance.now(), freeAt) + (chunk.length * 8_000) / shape.bitsPerSecond
    onWay.push({ chunk, arrivesAt: freeAt + onWayMs })
    queuedBytes += chunk.length
    if (queuedBytes >= queueBytesMax) from.pause()
    schedule()
  })
  // Who hangs up is heard as late as anything else.
  from.on('close', () => setTimeout(() => to.destroy(), onWayMs))
}
