/**
 * The event store through the official client, server in a process of its own, every append on the disk. Each figure
 * stands beside the same client against a server that stores nothing (the client's ceiling), and appends beside bare
 * write + fdatasync of the same bytes (the disk's). Appends and their latency have a third reference, the one a durable server
 * can reach: the same client against a server that writes what comes in and syncs it, and does nothing else. All take
 * turns in every round; medians are shown.
 */
import { openLog, writeRaw } from './event-store-in-process.ts'
import { append, appendHistory, catchUp, type Done, measureLatency, readFromStart } from './event-store-loads.ts'
import {
  cpuSecondsOf,
  makeBenchFolder,
  startEventStore,
  startNoopEventStore,
  startSyncingServer,
  type Target,
} from './event-store-targets.ts'
import { median, percentile, printFigure, secondsOf } from './figure.ts'

const rounds = 5
/** Until the servers' code has been compiled: before that it costs them twice the processor time. */
const warmUpRounds = 3
const historyEventCount = 50_000
const latencySampleCount = 500
const seconds = secondsOf(Bun.argv, 1)

const appendLoads = [
  { name: 'appends_one_at_a_time', lanes: 1, eventsEach: 1, groupSize: 1 },
  { name: 'appends_64_in_flight', lanes: 64, eventsEach: 1, groupSize: 64 },
  { name: 'events_in_batches_of_500', lanes: 1, eventsEach: 500, groupSize: 500 },
]

using folder = makeBenchFolder()
await using store = await startEventStore(folder.path)
await using noop = await startNoopEventStore(historyEventCount)
await using syncing = await startSyncingServer(folder.path)
using log = openLog(folder.path)
const targets = [
  { name: 'store', server: store, client: store.connect(), reader: store.connect() },
  { name: 'noop', server: noop, client: noop.connect(), reader: noop.connect() },
  { name: 'syncing', server: syncing, client: syncing.connect(), reader: syncing.connect() },
]
type Client = ReturnType<Target['connect']>
type ClientLoad = { readonly name: string; readonly run: (client: Client) => Promise<Done> }
const clientLoads: readonly ClientLoad[] = [
  ...appendLoads.map((load) => ({ name: load.name, run: (client: Client) => append(client, { ...load, seconds }) })),
  { name: 'read_all_events', run: (client) => readFromStart(client, historyEventCount) },
  { name: 'catch_up_events', run: (client) => catchUp(client, historyEventCount) },
]

const samples = new Map<string, number[]>()
const medianOf = (name: string): number => median(samples.get(name) ?? [])

function record(round: number, name: string, value: number): void {
  if (round > warmUpRounds) samples.set(name, [...(samples.get(name) ?? []), value])
}

function isAppend(name: string): boolean {
  return appendLoads.some((load) => load.name === name)
}

async function recordRate(round: number, name: string, work: () => Done | Promise<Done>, server?: Target) {
  const cpuBefore = server ? cpuSecondsOf(server.pid) : 0
  const done = await work()
  record(round, name, done.count / done.seconds)
  if (server) record(round, `${name} cpu`, ((cpuSecondsOf(server.pid) - cpuBefore) * 1e6) / done.count)
}

for (const { client } of targets.slice(0, 1)) await appendHistory(client, historyEventCount)
for (let round = 1; round <= warmUpRounds + rounds; round++) {
  for (const { name, run } of clientLoads)
    for (const target of targets.filter((target) => target.name !== 'syncing' || isAppend(name)))
      await recordRate(round, `${target.name} ${name}`, () => run(target.client), target.server)
  for (const target of targets) {
    const latencies = await measureLatency(target.client, target.reader, latencySampleCount)
    record(round, `${target.name} p50`, percentile(latencies, 0.5))
    record(round, `${target.name} p99`, percentile(latencies, 0.99))
  }
  for (const load of appendLoads) {
    await recordRate(round, `in process ${load.name}`, () => log.append({ ...load, seconds }))
    await recordRate(round, `disk ${load.name}`, () =>
      writeRaw(folder.path, { eventsEach: load.groupSize, seconds: seconds / 2 }),
    )
  }
}

const bench = 'event-store'
const asNoop = { bench, referenceName: 'the same client and a server that stores nothing' }
const asDisk = { bench, unit: '1/s', referenceName: 'write + fdatasync of the same bytes' }
for (const { name } of clientLoads) {
  const metric = `${name}_per_second`
  const [value, reference] = [medianOf(`store ${name}`), medianOf(`noop ${name}`)]
  printFigure({ ...asNoop, metric, unit: '1/s', value, reference })
  const cpu = { value: medianOf(`store ${name} cpu`), reference: medianOf(`noop ${name} cpu`) }
  printFigure({ ...asNoop, metric: `server_cpu_microseconds_each_of_${name}`, unit: 'us', ...cpu })
}
for (const { name } of appendLoads) {
  const metric = `${name}_per_second`
  printFigure({ ...asDisk, metric, value: medianOf(`store ${name}`), reference: medianOf(`disk ${name}`) })
  const inProcess = medianOf(`in process ${name}`)
  printFigure({ ...asDisk, metric: `in_process_${metric}`, value: inProcess, reference: medianOf(`disk ${name}`) })
}
const asSyncing = { bench, referenceName: 'the same client and a server that only writes and syncs' }
for (const { name } of appendLoads) {
  const reference = medianOf(`syncing ${name}`)
  printFigure({ ...asSyncing, metric: `${name}_per_second`, unit: '1/s', value: medianOf(`store ${name}`), reference })
}
for (const share of ['p50', 'p99']) {
  const metric = `append_to_subscriber_${share}_ms`
  const value = medianOf(`store ${share}`)
  printFigure({ ...asNoop, metric, unit: 'ms', value, reference: medianOf(`noop ${share}`) })
  printFigure({ ...asSyncing, metric, unit: 'ms', value, reference: medianOf(`syncing ${share}`) })
}
