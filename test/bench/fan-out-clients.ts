/** The watching side of the fan-out bench: raw websockets in a process of their own, which count and time frames. */
import { newUuid } from '#kernel/ids.ts'
import type { ClientMessage } from './fan-out.ts'
import { percentile, sharedNowMs } from './figure.ts'

const [kind, url, countText] = Bun.argv.slice(2)
const clientCount = Number(countText)
const tell = (message: ClientMessage): void => void process.send?.(message)

let ready = 0
let delivered = 0
let latencies: number[] = []
const isReady = (): void => {
  if (++ready === clientCount) tell({ event: 'connected', p99Ms: 0 })
}

function onFrame(text: string): void {
  if (!text.startsWith('{"k":"patch"}')) {
    if (text.startsWith('{"k":"rows"')) isReady()
    return
  }
  const at = text.indexOf('"group":"') + 9
  latencies.push(sharedNowMs() - Number(text.slice(at, text.indexOf('"', at))))
  if (++delivered < clientCount) return
  const p99Ms = percentile(latencies, 0.99)
  delivered = 0
  latencies = []
  tell({ event: 'delivered', p99Ms })
}

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url ?? '')
    socket.onmessage = ({ data }) => onFrame(String(data))
    socket.onerror = () => reject(new Error('a client could not connect'))
    socket.onopen = () => {
      if (kind === 'bare') isReady()
      else {
        const hello = {
          k: 'hello',
          versions: [1],
          role: 'device',
          name: 'field',
          device: newUuid(),
          instance: newUuid(),
          build: 'bench',
        }
        socket.send(JSON.stringify(hello))
        socket.send(JSON.stringify({ k: 'observe', obs: 1, name: 'bench.Counter', selector: {} }))
      }
      resolve()
    }
  })
}

const openAtOnce = 100
for (let opened = 0; opened < clientCount; opened += openAtOnce)
  await Promise.all(Array.from({ length: Math.min(openAtOnce, clientCount - opened) }, open))
