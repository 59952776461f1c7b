/**
 * A real, empty database for a test: `await using database = await freshDatabase()`.
 *
 * One embedded server per user and clone serves all test processes: the first starts it, the others adopt it. It runs
 * on after them, so that the next run begins at once; `stopTestPostgres` ends it, and disturbs no other clone's tests.
 * It may lose data in a power cut, which is what makes it fast.
 *
 * With PEEK_TEST_DATABASE_URL set, databases are made on that server instead (15 or newer; its user may create databases).
 */
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { createLog } from '#kernel/log.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#storage/embedded/start-embedded-postgres.ts'

export type FreshDatabase = { readonly url: string; readonly name: string; [Symbol.asyncDispose](): Promise<void> }

const fastAndLoose = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '200',
}
const leftoverAgeMsMin = 3_600_000
let started: Promise<EmbeddedPostgres> | undefined

export async function freshDatabase(): Promise<FreshDatabase> {
  const serverUrl = process.env.PEEK_TEST_DATABASE_URL ?? (await testPostgres()).url
  const name = `t_${Date.now().toString(36)}_${randomBytes(5).toString('hex')}`
  await asAdministrator(serverUrl, (sql) => sql.unsafe(`create database ${name} strategy file_copy`))
  return {
    name,
    url: withDatabase(serverUrl, name),
    [Symbol.asyncDispose]: () => asAdministrator(serverUrl, (sql) => dropDatabase(sql, name)),
  }
}

/** The server itself; one that died since is started again. */
export async function testPostgres(): Promise<EmbeddedPostgres> {
  const server = await started
  if (server?.isAlive()) return server
  started = startTestPostgres()
  return started
}

export async function stopTestPostgres(): Promise<void> {
  const server = await testPostgres()
  await server.stop('fast')
}

async function startTestPostgres(): Promise<EmbeddedPostgres> {
  const clone = Bun.hash(import.meta.dir).toString(36)
  const stateDir = join(tmpdir(), `peek-test-pg-${process.getuid?.() ?? 'user'}-${clone}`)
  const log = createLog('test-postgres', ({ level, words, facts }) => {
    if (level === 'warning' || level === 'error') console.warn(words, facts)
  })
  const server = await startEmbeddedPostgres({ stateDir, settings: fastAndLoose, log })
  await asAdministrator(server.url, dropLeftovers)
  return server
}

/** Databases of test runs that were killed. */
async function dropLeftovers(sql: postgres.Sql): Promise<void> {
  const found = await sql<{ datname: string }[]>`select datname from pg_database where datname like 't\\_%'`
  for (const { datname } of found) {
    const createdAt = Number.parseInt(datname.split('_')[1] ?? '', 36)
    if (createdAt < Date.now() - leftoverAgeMsMin) await dropDatabase(sql, datname)
  }
}

async function dropDatabase(sql: postgres.Sql, name: string): Promise<void> {
  await sql.unsafe(`drop database if exists ${name} with (force)`)
}

async function asAdministrator(url: string, work: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined })
  try {
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
