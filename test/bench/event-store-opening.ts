/**
 * Opening a store of 10 million events, and the memory of the server that serves it, beside a store of 10,000 events.
 *
 *   bun test/bench/event-store-opening.ts [--events 10000000] [--folder <keep the stores here and use them again>]
 *
 * A line of JSON a figure; the reference is the small store's. The server is the real process; a crash leaves a
 * write-ahead log of 64 MB, far more than checkpoints let it become.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KurrentDBClient, START } from '@kurrent/kurrentdb-client'
import { SqliteStorage } from '#event-store-server/storage/sqlite-storage.ts'
import { EventLog } from '#event-store-server/streams/event-log.ts'
import { encodeEventRecord, type ProposedEvent, toEventKey } from '#event-store-server/streams/event-record.ts'
import { positionAfter } from '#event-store-server/streams/log-transaction.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { printFigure } from './figure.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    folder: { type: 'string' },
    'leave-log': { type: 'string' },
  },
})
const eventCount = Number(values.events)
const smallCount = 10_000
const eventsPerStream = 50
const leftLogBytes = 64 * 1_048_576
const serverFile = join(import.meta.dir, '../../src/event-store-server/main.ts')
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'event-store-opening-'))

type Opened = {
  readonly readyMs: number
  readonly process: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  readonly connectionString: string
}
type Looks = { afterStopMs: number; afterCrashMs: number; openedMb: number; readMb: number }

mkdirSync(folder, { recursive: true })
if (values['leave-log'] !== undefined) await fillLogAndDie(values['leave-log'])
const small = await look(build(smallCount), smallCount)
const large = await look(build(eventCount), eventCount)
const sides = [
  ['ready after a stop', 'ms', 'afterStopMs'],
  ['ready after a crash with 64 MB of log', 'ms', 'afterCrashMs'],
  ['memory once opened', 'MB', 'openedMb'],
  ['memory after reading 200,000 events and 2,000 streams', 'MB', 'readMb'],
] as const
for (const [words, unit, key] of sides)
  printFigure({
    bench: 'event-store-opening',
    metric: `${words}, ${eventCount} events`,
    value: large[key],
    unit,
    reference: small[key],
    referenceName: `${smallCount} events`,
  })
if (values.folder === undefined) rmSync(folder, { recursive: true })
process.exit(0)

/** Written through the storage in big groups: fifty events a stream, appended five at a time in turns. */
function build(count: number): string {
  const file = join(folder, `${count}.db`)
  if (existsSync(file)) return file
  const storage = new SqliteStorage({ file, durability: 'normal' })
  const streamCount = Math.max(1, Math.floor(count / eventsPerStream))
  let written = 0
  while (written < count) {
    const groupEnd = Math.min(count, written + 20_000)
    written = writeEvents(storage, { from: written, to: groupEnd, streamCount })
    storage.checkpoint()
  }
  storage.close()
  return file
}

type Span = { readonly from: number; readonly to: number; readonly streamCount: number }

function writeEvents(storage: SqliteStorage, { from, to, streamCount }: Span): number {
  const together = 5
  const createdAt = Date.now()
  let position = storage.lastPosition + 1_000
  storage.commit((writer) => {
    for (let index = from; index < to; index++) {
      const turn = Math.floor(index / together)
      const stream = turn % streamCount
      const revision = Math.floor(turn / streamCount) * together + (index % together)
      const streamName = `account-${stream}`
      const streamId = stream + 1
      const event = proposed(`number ${index}`)
      const record = encodeEventRecord(event, { streamName, revision, position, createdAt })
      writer.insertEvent({ position, streamId, revision, eventKey: toEventKey(event.id), record })
      if (revision === 0)
        writer.saveStream({
          id: streamId,
          name: streamName,
          revision,
          truncateBefore: 0,
          maxCount: undefined,
          maxAgeSeconds: undefined,
          isTombstoned: false,
        })
      position = positionAfter(position, record)
    }
  })
  return to
}

async function look(file: string, count: number): Promise<Looks> {
  await stop(await open(file))
  const afterStop = await open(file)
  const openedMb = memoryMbOf(afterStop.process.pid)
  await readMuch(afterStop.connectionString, count / eventsPerStream)
  const readMb = memoryMbOf(afterStop.process.pid)
  await stop(afterStop)
  leaveLog(file)
  const afterCrash = await open(file)
  await stop(afterCrash)
  return { afterStopMs: afterStop.readyMs, afterCrashMs: afterCrash.readyMs, openedMb, readMb }
}

async function open(file: string): Promise<Opened> {
  const startedAt = performance.now()
  const server = Bun.spawn([process.execPath, serverFile, '--file', file, '--port', '0'], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const { value } = await server.stdout.getReader().read()
  const readyMs = performance.now() - startedAt
  const line: { event: string; connectionString: string } = JSON.parse(new TextDecoder().decode(value))
  if (line.event !== 'ready') throw new Error(`The server did not start: ${JSON.stringify(line)}`)
  return { readyMs, process: server, connectionString: line.connectionString }
}

async function stop(opened: Opened): Promise<void> {
  opened.process.kill('SIGTERM')
  await opened.process.exited
}

async function readMuch(connectionString: string, streamCount: number): Promise<void> {
  const client = KurrentDBClient.connectionString(connectionString)
  for await (const _ of client.readAll({ maxCount: 200_000, fromPosition: START }));
  for (let round = 0; round < 2_000; round++) {
    const stream = `account-${Math.floor(Math.random() * streamCount)}`
    for await (const _ of client.readStream(stream, { maxCount: 50 }));
  }
  await client.dispose()
}

/** A process of its own: it is killed with its log as it is. */
function leaveLog(file: string): void {
  Bun.spawnSync([process.execPath, import.meta.path, '--leave-log', file], { stderr: 'inherit' })
}

async function fillLogAndDie(file: string): Promise<void> {
  const never = { logBytes: Number.POSITIVE_INFINITY, unindexedEvents: Number.POSITIVE_INFINITY }
  const storage = new SqliteStorage({ file, backlog: { worthwhile: never, overdue: never } })
  const eventLog = new EventLog({ storage, log: silentLog })
  do {
    const events = Array.from({ length: 64 }, () => proposed('x'.repeat(200)))
    await eventLog.request({ kind: 'append', streamName: 'left', expected: 'any', events })
  } while (statSync(`${file}-wal`).size < leftLogBytes)
  process.kill(process.pid, 'SIGKILL')
}

function proposed(text: string): ProposedEvent {
  const data = Buffer.from(JSON.stringify(text))
  return { id: newUuid(), type: 'Counted', contentType: 'application/json', data, metadata: Buffer.alloc(0) }
}

function memoryMbOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Rss:\s+(\d+) kB/m)
  return Number(line?.[1] ?? 0) / 1_024
}
