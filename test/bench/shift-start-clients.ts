/** The devices of the shift-start bench: the real client, with the tokens of what it has cached, or bare websockets. */
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { createSeededRandom, systemRandom } from '#kernel/random.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { type OpenSocket, openWebSocket, type SocketLike } from '#vortex/client/socket-like.ts'
import { type Row, rowKey } from '#vortex/protocol/row.ts'
import { sharedNowMs } from './figure.ts'

export type ShiftOrder = { readonly do: 'watch' | 'leave' } | { readonly do: 'return'; readonly overMs: number }
export type ShiftReport = {
  readonly lastCurrentAt: number
  /** What each device needed from coming back to being current. */
  readonly currentMs: readonly number[]
  /** Of all counters that all of them show. */
  readonly sum: number
}

const selectorsEach = 50
const groupCount = 2_000
const openAtOnce = 50
const settleMs = 1_000
const [kind, url = '', countText, firstText] = Bun.argv.slice(2)
const random = createSeededRandom(Number(firstText))

type ShiftDevice = {
  /** Resolves when all that it watches is current. */
  connect(): Promise<void>
  leave(): void
  sum(): number
}

/** Spread evenly, so that each group is watched by as many devices. */
function groupsOf(device: number): readonly string[] {
  return Array.from({ length: selectorsEach }, (_, n) => `g${(device * selectorsEach + n) % groupCount}`)
}

function makeDevice(device: number): ShiftDevice {
  let isCovered = false
  let socket: SocketLike | undefined
  const openSocket: OpenSocket = (address, events) => {
    if (isCovered) {
      socket = openWebSocket(address, events)
      return socket
    }
    queueMicrotask(() => events.onClose(1_006, ''))
    return { send: () => undefined, close: () => undefined }
  }
  const client = makeVortexClient({
    url: `${url.replace('http', 'ws')}/vortex`,
    hello: { role: 'device', name: 'field', device: newUuid(), instance: newUuid(), build: 'bench' },
    clock: systemClock,
    random: systemRandom,
    openSocket,
  })
  const waiting = new Set<string>()
  let isCurrent: () => void = () => undefined
  const shown = new Map<string, Map<string, Row>>()
  const answered = (group: string): void => {
    if (waiting.delete(group) && waiting.size === 0) isCurrent()
  }
  for (const group of groupsOf(device)) {
    const rows = new Map<string, Row>()
    shown.set(group, rows)
    client.observe(
      'bench.Counter',
      { group },
      {
        rows: (state) => {
          rows.clear()
          for (const row of state.rows) rows.set(rowKey(row, state.keyedBy), row)
          answered(group)
        },
        patch: ({ set, del }) => {
          for (const row of set) rows.set(rowKey(row, ['id']), row)
          for (const key of del) rows.delete(key)
        },
        resumed: () => answered(group),
        trouble: () => undefined,
      },
    )
  }
  return {
    connect: () => {
      isCovered = true
      for (const group of shown.keys()) waiting.add(group)
      const current = new Promise<void>((resolve) => {
        isCurrent = resolve
      })
      client.retryNow()
      return current
    },
    leave: () => {
      isCovered = false
      socket?.close()
    },
    sum: () => {
      let sum = 0
      for (const rows of shown.values()) for (const { count } of rows.values()) sum += Number(count)
      return sum
    },
  }
}

function makeBareDevice(device: number): ShiftDevice {
  let socket: WebSocket | undefined
  return {
    connect: () =>
      new Promise((resolve) => {
        const opened = new WebSocket(url)
        socket = opened
        let left = selectorsEach
        opened.onopen = () => {
          for (const [obs, group] of groupsOf(device).entries())
            opened.send(JSON.stringify({ k: 'observe', obs, name: 'bench.Counter', selector: { group } }))
        }
        opened.onmessage = () => {
          left -= 1
          if (left === 0) resolve()
        }
      }),
    leave: () => socket?.close(),
    sum: () => 0,
  }
}

const devices = Array.from({ length: Number(countText) }, (_, index) =>
  (kind === 'bare' ? makeBareDevice : makeDevice)(Number(firstText) + index),
)
const report = (currentMs: readonly number[]): ShiftReport => ({
  lastCurrentAt: sharedNowMs(),
  currentMs,
  sum: devices.reduce((sum, device) => sum + device.sum(), 0),
})

async function comeBack(overMs: number): Promise<ShiftReport> {
  const currentMs = await Promise.all(
    devices.map(async (device) => {
      await Bun.sleep(random() * overMs)
      const backAt = performance.now()
      await device.connect()
      return performance.now() - backAt
    }),
  )
  const lastCurrentAt = sharedNowMs()
  // What was missed follows the word that the observation goes on.
  await Bun.sleep(settleMs)
  return { ...report(currentMs), lastCurrentAt }
}

async function obey(order: ShiftOrder): Promise<ShiftReport> {
  switch (order.do) {
    case 'watch':
      for (let from = 0; from < devices.length; from += openAtOnce)
        await Promise.all(devices.slice(from, from + openAtOnce).map((device) => device.connect()))
      return report([])
    case 'leave':
      for (const device of devices) device.leave()
      return report([])
    case 'return':
      return comeBack(order.overMs)
  }
}

process.on('message', (order: ShiftOrder) => void obey(order).then((answer) => process.send?.(answer)))
// Whoever measures may be gone.
process.on('disconnect', () => process.exit(0))
