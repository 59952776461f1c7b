/** The embedded server through starts, adoptions and killings; each test has a server of its own. */

import { afterEach, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { createLog, type LogLine, silentLog } from '#kernel/log.ts'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '#storage/embedded/start-embedded-postgres.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'

const settings = { fsync: 'off' }
const isRoot = process.getuid?.() === 0
let stateDir: string
const running: EmbeddedPostgres[] = []

function makeStateDir(mode = 0o755): string {
  stateDir = mkdtempSync(join(tmpdir(), 'peek-storage-'))
  chmodSync(stateDir, mode)
  return stateDir
}

/** With a port that nobody else is given while the server is down: one of the system's may go to another test meanwhile. */
async function makeStateDirWithPort(): Promise<void> {
  const { PEEK_LOGIC_PORT: port = '' } = await freePorts()
  writeFileSync(join(makeStateDir(), 'port'), port)
}

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ stateDir, settings, log: silentLog, ...options })
  running.push(server)
  return server
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return await sql.unsafe(text)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function until(claim: () => boolean): Promise<void> {
  await eventually('the server is as expected', claim)
}

/** Starts the server in a process of its own, which prints what it got and then stays, or ends at once. */
function startElsewhere(afterwards: 'stay' | 'exit') {
  const script = `
    import { startEmbeddedPostgres } from '#storage/embedded/start-embedded-postgres.ts'
    import { silentLog } from '#kernel/log.ts'
    const server = await startEmbeddedPostgres({ stateDir: ${JSON.stringify(stateDir)}, settings: { fsync: 'off' }, log: silentLog })
    console.log(JSON.stringify({ pid: server.pid, port: server.port, adopted: server.adopted }))
    ${afterwards === 'stay' ? 'await new Promise(() => setInterval(() => {}, 1000))' : 'process.exit(0)'}`
  return Bun.spawn([process.execPath, '-e', script], { cwd: process.cwd(), stdout: 'pipe', stderr: 'inherit' })
}

type Printed = { pid: number; port: number; adopted: boolean }

async function firstLine(child: ReturnType<typeof startElsewhere>): Promise<Printed> {
  let text = ''
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk)
    if (text.includes('\n')) break
  }
  return JSON.parse(text) as Printed
}

afterEach(async () => {
  for (const server of running.splice(0)) {
    await server.stop('immediate')
    rmSync(server.folder, { recursive: true, force: true })
  }
  rmSync(stateDir, { recursive: true, force: true })
})

describe('embedded Postgres', () => {
  test('gives a ready database, keeps its rows and its port over a stop, and leaves nothing half-made', async () => {
    await makeStateDirWithPort()
    const first = await start()
    expect(first.adopted).toBe(false)
    await query(first.url, 'create table kept as select 1 as one')
    await first.stop()
    expect(first.isAlive()).toBe(false)

    const second = await start()
    expect(second).toMatchObject({ adopted: false, port: first.port, url: first.url })
    expect(await query(second.url, 'select current_database() as name, one from kept')).toEqual([
      { name: 'peek', one: 1 },
    ])
    expect(readdirSync(second.folder).filter((name) => name.includes('unfinished'))).toEqual([])
  }, 120_000)

  test('is started once by six processes at once, the others adopt it', async () => {
    makeStateDir()
    const printed = await Promise.all(Array.from({ length: 6 }, () => firstLine(startElsewhere('exit'))))
    const own = await start()
    expect(printed.filter(({ adopted }) => !adopted)).toHaveLength(1)
    expect(new Set(printed.map(({ pid }) => pid))).toEqual(new Set([own.pid]))
    expect(own.adopted).toBe(true)
  }, 120_000)

  test('outlives the kill -9 of the process that started it, and is adopted', async () => {
    makeStateDir()
    const parent = startElsewhere('stay')
    const printed = await firstLine(parent)
    parent.kill('SIGKILL')
    await parent.exited
    const adopted = await start()
    expect(adopted).toMatchObject({ adopted: true, pid: printed.pid, port: printed.port })
  }, 120_000)

  test('recovers from the kill -9 of the server, with every committed row, on the same port', async () => {
    await makeStateDirWithPort()
    const first = await start()
    await query(first.url, 'create table kept as select n from generate_series(1, 1000) n')
    process.kill(first.pid, 'SIGKILL')
    await until(() => !first.isAlive())

    const second = await start()
    expect(second).toMatchObject({ adopted: false, port: first.port })
    expect(second.pid).not.toBe(first.pid)
    expect(await query(second.url, 'select count(*)::int as count from kept')).toEqual([{ count: 1000 }])
  }, 120_000)

  test('is not fooled by a pid file that names another living process', async () => {
    await makeStateDirWithPort()
    const first = await start()
    process.kill(first.pid, 'SIGKILL')
    await until(() => !first.isAlive())
    const pidFile = join(first.folder, 'data-18', 'postmaster.pid')
    writeFileSync(pidFile, `${process.pid}\n${first.folder}/data-18\n1\n${first.port}\n\n127.0.0.1\n\nready\n`)
    expect(await start()).toMatchObject({ adopted: false, port: first.port })
  }, 120_000)

  test('takes another port when the usual one is taken, and says so', async () => {
    makeStateDir()
    const first = await start()
    await first.stop()
    const squatter = createServer().listen(first.port, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    try {
      const lines: LogLine[] = []
      const second = await start({ log: createLog('test', (line) => lines.push(line)) })
      expect(second.port).not.toBe(first.port)
      expect(lines.filter(({ level }) => level === 'warning')).toHaveLength(1)
      await second.stop()
      await expect(start({ port: first.port })).rejects.toThrow(`Port ${first.port} on 127.0.0.1`)
    } finally {
      squatter.close()
    }
  }, 120_000)

  test('says what the server complained about when it does not start', async () => {
    makeStateDir()
    await expect(start({ settings: { no_such_setting: '1' } })).rejects.toThrow(/no_such_setting.*DATABASE_URL/s)
  }, 120_000)

  test.if(isRoot)(
    'moves to the fallback folder when its user cannot enter the one asked for',
    async () => {
      makeStateDir(0o700)
      const fallbackStateDir = `${stateDir}-fallback`
      const server = await start({ fallbackStateDir })
      expect(server.folder).toBe(fallbackStateDir)
      expect(existsSync(join(stateDir, 'data-18'))).toBe(false)
      const [again, url] = [await start({ fallbackStateDir }), server.url]
      expect(again).toMatchObject({ adopted: true, url })
    },
    60_000,
  )
})
