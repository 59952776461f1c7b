/**
 * The servers a client is measured against, each a process of its own: the event store, one that stores nothing, and one
 * that only writes and syncs.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { projectFolder } from '#support/platform.ts'

export type Target = AsyncDisposable & {
  readonly pid: number
  readonly connectionString: string
  connect(): KurrentDBClient
}

export async function startTarget(words: readonly string[]): Promise<Target> {
  const server = Bun.spawn([process.execPath, ...words], { stdout: 'pipe', stderr: 'inherit' })
  const connectionString = await readConnectionString(server.stdout)
  const clients: KurrentDBClient[] = []
  return {
    pid: server.pid,
    connectionString,
    connect: () => {
      const client = KurrentDBClient.connectionString`${connectionString}`
      clients.push(client)
      return client
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.dispose()
      server.kill('SIGTERM')
      await server.exited
    },
  }
}

/** The event store with full durability, on a file in `folder`. */
export function startEventStore(folder: string): Promise<Target> {
  const entry = join(projectFolder, 'src/event-store-server/main.ts')
  return startTarget([entry, '--file', join(folder, 'events.db'), '--port', '0', '--durability', 'full'])
}

export function startNoopEventStore(backlogCount: number): Promise<Target> {
  return startTarget([join(projectFolder, 'test/support/noop-event-store.ts'), '--backlog', String(backlogCount)])
}

export function startSyncingServer(folder: string): Promise<Target> {
  return startTarget([join(projectFolder, 'test/support/noop-event-store.ts'), '--sync', join(folder, 'synced')])
}

/** On a real disk: the system's folder for temporary files may be memory. `BENCH_FOLDER` names another one. */
export function makeBenchFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'event-store-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** Seconds of processor time all threads of a process have used; NaN where the system does not tell. */
export function cpuSecondsOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map((thread) => Number(readSched(pid, thread).split(' ')[0]))
    return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e9
  } catch {
    return Number.NaN
  }
}

function readSched(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
  } catch {
    return '0' // The thread has ended since it was listed.
  }
}

async function readConnectionString(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of stdout) {
    text += decoder.decode(bytes)
    if (text.includes('\n')) break
  }
  const line = JSON.parse(text) as { event: string; connectionString?: string }
  if (line.connectionString === undefined) throw new Error(`the server did not start: ${text}`)
  return line.connectionString
}
