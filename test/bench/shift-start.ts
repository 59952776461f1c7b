/**
 * The start of a shift: 1,000 devices with 50 cached selectors each come back within 10 s, after a night in which a part of
 * what they have cached has changed, while a few others work; with `--cold` the field service was restarted in that night. The
 * reference is a bare Bun server that answers as many questions of as many clients with frames of the same size; for the
 * others it is themselves, before the shift.
 */
import { resolve } from 'node:path'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { type BenchPlatform, startBenchPlatform } from './bench-platform.ts'
import { percentile, printFigure, sharedNowMs } from './figure.ts'
import type { ShiftOrder, ShiftReport } from './shift-start-clients.ts'

const deviceCount = 1_000
const processCount = 4
const selectorsEach = 50
const groupCount = 2_000
const countersEach = 2
const changedGroupCount = 400
const returnMs = 10_000
const others = { count: 10, groupCount: 10, actionsPerSecond: 5 }
/** How long the others are looked at before the shift. */
const quietMs = 10_000
const warmUpMs = 3_000
const isCold = Bun.argv.includes('--cold')
/** Of what a device has in its queue at once. */
const pushedAtOnce = 500

type Clients = {
  ask(order: ShiftOrder): Promise<readonly ShiftReport[]>
  stop(): Promise<void>
}

/** The devices, in a few processes: one alone would be what is measured. */
function startClients(url: string, kind: 'edge' | 'bare'): Clients {
  const script = resolve(import.meta.dir, 'shift-start-clients.ts')
  const each = deviceCount / processCount
  const answered = new Map<number, (report: ShiftReport) => void>()
  const processes = Array.from({ length: processCount }, (_, index) =>
    Bun.spawn([process.execPath, script, kind, url, String(each), String(index * each)], {
      stdout: 'inherit',
      stderr: 'inherit',
      ipc: (report: ShiftReport) => answered.get(index)?.(report),
    }),
  )
  return {
    ask: (order) =>
      Promise.all(
        processes.map(
          (child, index) =>
            new Promise<ShiftReport>((resolveReport) => {
              answered.set(index, resolveReport)
              child.send(order)
            }),
        ),
      ),
    stop: async () => {
      for (const child of processes) child.kill()
      await Promise.all(processes.map(({ exited }) => exited))
    },
  }
}

/** People who work all the time: how long each of their actions takes until the answer, and until their screen shows it. */
function startOthers(url: string, counters: readonly string[]) {
  const samples: { answered: number[]; shown: number[] } = { answered: [], shown: [] }
  const devices = Array.from({ length: others.count }, (_, index): Device => {
    const device = connectDevice(url)
    const tappedAt = new Map<string, number>()
    device.client.observe(
      'bench.Counter',
      { group: `o${index % others.groupCount}` },
      {
        rows: () => undefined,
        patch: ({ acts }) => {
          for (const id of acts) {
            const at = tappedAt.get(id)
            if (at !== undefined) samples.shown.push(performance.now() - at)
            tappedAt.delete(id)
          }
        },
        resumed: () => undefined,
        trouble: () => undefined,
      },
    )
    const timer = setInterval(() => {
      const id = newUuid()
      const at = performance.now()
      tappedAt.set(id, at)
      const counterId = counters[index % counters.length]
      void device
        .push('bench.BumpCounter', { counterId, by: 1 }, { id })
        .then(() => samples.answered.push(performance.now() - at))
    }, 1_000 / others.actionsPerSecond)
    const close = (): void => {
      clearInterval(timer)
      device.close()
    }
    return { ...device, close }
  })
  return {
    take: () => {
      const taken = { answered: samples.answered, shown: samples.shown }
      samples.answered = []
      samples.shown = []
      return taken
    },
    stop: () => {
      for (const device of devices) device.close()
    },
  }
}

async function snapshotsRead(platform: BenchPlatform): Promise<number> {
  const text = await (await fetch(`${platform.url('logic')}/metrics`)).text()
  return Number(/peek_snapshots_read\{[^}]*\} (\d+)/.exec(text)?.[1] ?? Number.NaN)
}

async function pushAll(device: Device, name: string, all: readonly object[]): Promise<void> {
  for (let from = 0; from < all.length; from += pushedAtOnce) {
    const answers = await Promise.all(all.slice(from, from + pushedAtOnce).map((fields) => device.push(name, fields)))
    const refused = answers.find(({ outcome }) => outcome !== 'accepted')
    if (refused) throw new Error(`an action was not taken: ${JSON.stringify(refused)}`)
  }
}

/** From the moment the first device is back: when the last one was current, and what each needed. */
function judge(reports: readonly ShiftReport[], startedAt: number) {
  return {
    allCurrentMs: Math.max(...reports.map(({ lastCurrentAt }) => lastCurrentAt)) - startedAt,
    deviceP99Ms: percentile(
      reports.flatMap(({ currentMs }) => currentMs),
      0.99,
    ),
  }
}

async function runEdge() {
  await using platform = await startBenchPlatform()
  const url = platform.url('field')
  const desk = connectDevice(url)
  const counters = Array.from({ length: groupCount * countersEach }, (_, index) => ({
    counterId: newUuid(),
    group: `g${index % groupCount}`,
  }))
  const own = Array.from({ length: others.groupCount }, (_, index) => ({ counterId: newUuid(), group: `o${index}` }))
  await pushAll(desk, 'bench.AddCounter', [...counters, ...own])
  const clients = startClients(url, 'edge')
  await clients.ask({ do: 'watch' })
  await clients.ask({ do: 'leave' })

  const bumps = counters.slice(0, changedGroupCount).map(({ counterId }) => ({ counterId, by: 1 }))
  await pushAll(desk, 'bench.BumpCounter', bumps)
  if (isCold) {
    const back = platform.next('ready', 'field')
    process.kill(must(platform.part('field').pid, 'up says which process it is'), 'SIGKILL')
    await back
  }
  const working = startOthers(
    url,
    own.map(({ counterId }) => counterId),
  )
  await Bun.sleep(warmUpMs)
  working.take()
  await Bun.sleep(quietMs)
  const before = working.take()
  const readBefore = await snapshotsRead(platform)
  const startedAt = sharedNowMs()
  const reports = await clients.ask({ do: 'return', overMs: returnMs })
  const found = judge(reports, startedAt)
  const during = working.take()
  const read = (await snapshotsRead(platform)) - readBefore
  const sum = reports.reduce((total, report) => total + report.sum, 0)
  const wantedSum = (deviceCount * selectorsEach * changedGroupCount) / groupCount
  if (sum !== wantedSum) throw new Error(`the devices show a sum of ${sum}, and ${wantedSum} was to be seen`)
  working.stop()
  desk.close()
  await clients.stop()
  return { ...found, read, before, during }
}

async function runBare() {
  const rows = JSON.stringify(Array.from({ length: countersEach }, () => ({ id: newUuid(), group: 'g1000', count: 1 })))
  const head = {
    sel: 1,
    token: `${newUuid()}/1/${'0'.repeat(20)}`,
    position: '0'.repeat(20),
    keyedBy: ['id'],
    orderBy: [],
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, bunServer) =>
      bunServer.upgrade(request, { data: undefined }) ? undefined : new Response('no', { status: 400 }),
    websocket: {
      perMessageDeflate: false,
      message: (ws, text) => {
        const { obs } = JSON.parse(String(text)) as { obs: number }
        ws.send(`${JSON.stringify({ k: 'rows', obs, ...head })}\n${rows}`)
      },
    },
  })
  const clients = startClients(`ws://127.0.0.1:${server.port}`, 'bare')
  await clients.ask({ do: 'watch' })
  await clients.ask({ do: 'leave' })
  const startedAt = sharedNowMs()
  const found = judge(await clients.ask({ do: 'return', overMs: returnMs }), startedAt)
  await clients.stop()
  await server.stop(true)
  return found
}

const edge = await runEdge()
const bare = await runBare()
const base = { bench: 'shift-start', referenceName: 'bare websockets that answer the same questions' }
printFigure({ ...base, metric: 'all_current_ms', unit: 'ms', value: edge.allCurrentMs, reference: bare.allCurrentMs })
printFigure({
  ...base,
  metric: 'device_current_p99_ms',
  unit: 'ms',
  value: edge.deviceP99Ms,
  reference: bare.deviceP99Ms,
})
printFigure({
  bench: 'shift-start',
  metric: 'snapshots_read',
  unit: '1',
  value: edge.read,
  reference: changedGroupCount,
  referenceName: `distinct selectors that changed, of ${groupCount} that were asked for ${deviceCount * selectorsEach} times`,
})
for (const what of ['answered', 'shown'] as const)
  printFigure({
    bench: 'shift-start',
    metric: `others_action_${what}_p99_ms`,
    unit: 'ms',
    value: percentile(edge.during[what], 0.99),
    reference: percentile(edge.before[what], 0.99),
    referenceName: 'the same people before the shift',
  })
process.exit(0)
