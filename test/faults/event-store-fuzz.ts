/**
 * Sends requests that no client would send to every method the event store has, and bytes that are no requests, while a
 * well-behaved client works beside it. Afterwards: every request got an error or a harmless answer in time, the process
 * lives and has neither grown nor kept anything open, and the neighbour has lost nothing.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, status } from '@grpc/grpc-js'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'
import { abuseHttp2, abuseMethod, abuseSocket, type Ending } from './event-store-abuse.ts'
import type { HostMethod, HostReport } from './event-store-host.ts'

const inFlight = 16
const callsPerConnection = 300
const heapGrowthBytesMax = 24 * 1_048_576
const residentGrowthBytesMax = 160 * 1_048_576
/** Of the requests: by then caches and rings are as full as they get. */
const warmUpShare = 0.3
/** What it is there for. */
const harmful = ['/event_store.client.operations.Operations/Shutdown']
/** The server's words for "this is our bug", and calls that ended without any of ours. */
const faultCodes = [status.UNKNOWN, status.INTERNAL, status.DATA_LOSS]
/** A damaged store is refused with a code of its own, for the client's sake. */
const damageWords = /does not match its checksum/

export async function runEventStoreFuzz(options: { runs: number; seed: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-fuzz-'))
  const host = await startHost(join(folder, 'events.db'))
  try {
    const neighbour = await startNeighbour(host.connectionString)
    const openAtStart = await host.openThings()
    const warmUp = Math.floor(options.runs * warmUpShare)
    const tally = new Map<string, number>()
    await abuse(host, { from: 0, to: warmUp, seed: options.seed }, tally)
    const before = await host.cost()
    await abuse(host, { from: warmUp, to: options.runs, seed: options.seed }, tally)
    await eventually(
      'what the abuse opened is closed',
      async () => (await host.cost()).openCalls <= neighbour.openCalls,
    )
    await eventually('its sockets are closed', async () => (await host.openThings()) <= openAtStart + 8)
    const after = await host.cost()
    const events = await neighbour.stop()
    await eventually('every call is over', async () => (await host.cost()).openCalls === 0)
    const growth = { heap: after.heapBytes - before.heapBytes, resident: after.residentBytes - before.residentBytes }
    console.log(
      JSON.stringify({
        fault: 'event-store-fuzz',
        ...options,
        neighbourEvents: events,
        growth,
        residentBytes: after.residentBytes,
        endings: Object.fromEntries([...tally].sort()),
      }),
    )
    if (growth.heap > heapGrowthBytesMax || growth.resident > residentGrowthBytesMax)
      throw new Error(`The event store grew under ${options.runs} bad requests: ${JSON.stringify({ before, after })}`)
    if (host.troubles.length > 0)
      throw new Error(`The event store met its own faults:\n${oneOfEach(host.troubles).join('\n')}`)
  } finally {
    await host.stop()
    rmSync(folder, { recursive: true })
  }
}

/** The first of those that say the same but for the request they say it of. */
function oneOfEach(troubles: readonly string[]): readonly string[] {
  const firsts = new Map<string, string>()
  for (const trouble of troubles) {
    const words = trouble.replace(/^request \d+/, '')
    if (!firsts.has(words)) firsts.set(words, trouble)
  }
  return [...firsts.values()].slice(0, 20)
}

type Host = Awaited<ReturnType<typeof startHost>>

/** Each request has a random sequence of its own: with the seed, its number is enough to send it again. */
async function abuse(
  host: Host,
  range: { from: number; to: number; seed: number },
  tally: Map<string, number>,
): Promise<void> {
  let next = range.from
  let client = new Client(host.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  const worker = async () => {
    while (next < range.to) {
      const number = next++
      const random = createSeededRandom(range.seed + number * 7_919)
      if (number % callsPerConnection === callsPerConnection - 1) {
        // Those who still use it lose their connection midway, or not.
        const old = client
        client = new Client(host.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
        setTimeout(() => old.close(), random() * 1_000)
      }
      const { words, ending } = await oneRequest(host, client, random).catch((error: unknown) => {
        throw new Error(`Request ${number} of seed ${range.seed} got no answer`, { cause: error })
      })
      const outcome = ending.kind === 'refused' ? status[ending.code] : ending.kind
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
      if (ending.kind === 'refused' && (faultCodes.includes(ending.code) || damageWords.test(ending.words)))
        host.troubles.push(`request ${number} of seed ${range.seed}, ${words}: ${outcome} ${ending.words}`)
      if (host.hasDied())
        throw new Error(`The event store died at request ${number} of seed ${range.seed}: ${host.hasDied()}`)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  client.close()
}

async function oneRequest(
  { port, methods }: Host,
  client: Client,
  random: Random,
): Promise<{ words: string; ending: Ending }> {
  const kind = random()
  if (kind < 0.03) return { words: 'socket', ending: await abuseSocket(port, random) }
  if (kind < 0.08) return { words: 'http2', ending: await abuseHttp2(port, methods, random) }
  const method = pickOne(random, methods)
  return { words: method.path, ending: await abuseMethod(client, method, random) }
}

async function startHost(file: string) {
  const troubles: string[] = []
  let died: string | undefined
  const { promise: ready, resolve: setReady } = Promise.withResolvers<HostReport & { kind: 'ready' }>()
  let setCost: (cost: HostReport & { kind: 'cost' }) => void = () => undefined
  const process = Bun.spawn(['bun', join(import.meta.dirname, 'event-store-host.ts'), file], {
    stderr: 'inherit',
    ipc: (report: HostReport) => {
      if (report.kind === 'ready') setReady(report)
      else if (report.kind === 'cost') setCost(report)
      else troubles.push(report.words)
    },
    onExit: (_process, code, signal) => {
      died = `exit code ${code}, signal ${signal}`
    },
  })
  const { port, connectionString, methods } = await ready
  return {
    port,
    connectionString,
    address: `127.0.0.1:${port}`,
    methods: methods.filter(({ path }): boolean => !harmful.includes(path)) as readonly HostMethod[],
    troubles,
    hasDied: () => died,
    cost: () =>
      new Promise<HostReport & { kind: 'cost' }>((resolve) => {
        setCost = resolve
        process.send('cost')
      }),
    /** Sockets and files of the process. */
    openThings: async () => readdirSync(`/proc/${process.pid}/fd`).length,
    stop: async () => {
      process.kill('SIGKILL')
      await process.exited
    },
  }
}

/** Appends numbers one after the other, and follows them two ways; `stop` resolves when both saw every one, once, in order. */
async function startNeighbour(connectionString: string) {
  const client = KurrentDBClient.connectionString(connectionString)
  const streamName = 'neighbour'
  const seenInStream: number[] = []
  const seenInAll: number[] = []
  const inStream = client.subscribeToStream(streamName)
  const inAll = client.subscribeToAll({
    filter: { filterOn: 'streamName', prefixes: [streamName], checkpointInterval: 1 },
  })
  const follow = async (events: typeof inStream | typeof inAll, seen: number[]) => {
    for await (const { event } of events) seen.push(Number(Object(event?.data).number))
  }
  const following = Promise.allSettled([follow(inStream, seenInStream), follow(inAll, seenInAll)])
  let isStopping = false
  let written = 0
  const writing = (async () => {
    for (; !isStopping; written++) {
      const event = jsonEvent({ type: 'Counted', data: { number: written } })
      const result = await client.appendToStream(streamName, event, {
        streamState: written === 0 ? 'no_stream' : BigInt(written - 1),
      })
      if (result.nextExpectedRevision !== BigInt(written))
        throw new Error(`The neighbour's append ${written} went to ${result.nextExpectedRevision}`)
      await Bun.sleep(5)
    }
  })()
  // It counts when the neighbour is stopped; until then the abuse is to be told of first.
  writing.catch(() => undefined)
  return {
    /** Two subscriptions and the call its appends go over. */
    openCalls: 3,
    stop: async () => {
      isStopping = true
      await writing
      await eventually(
        'the neighbour sees all it wrote',
        () => seenInStream.length >= written && seenInAll.length >= written,
      )
      const wanted = Array.from({ length: written }, (_, index) => index)
      if (!Bun.deepEquals(seenInStream, wanted) || !Bun.deepEquals(seenInAll, wanted))
        throw new Error('The neighbour saw its events more than once or out of order')
      await Promise.all([inStream.unsubscribe(), inAll.unsubscribe()])
      await following
      await client.dispose()
      return written
    },
  }
}
