import postgres from 'postgres'
import type { Client, QueryRunner } from '#storage/client.ts'
import { isConnectionLoss } from '#storage/connection-loss.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import type { SqlDriverOptions } from './driver-options.ts'
import type { SqlDriver, SqlRow, SqlRows, SqlRunner, SqlStatement, SqlValue } from './sql-driver.ts'
import { makeToSqlFailure, type SqlCodes, tooManyRows, transactionIsOver } from './to-sql-failure.ts'

const connectTimeoutSeconds = 10
const idleSeconds = 60
const closeSeconds = 5

/** PostgreSQL by postgres.js; connections are made when needed and closed when idle. */
export function createPostgresDriver(options: SqlDriverOptions): SqlDriver {
  const { system, url, tls, poolCountMax, statementTimeoutMs, redact } = options
  const sql: Client = postgres(url.href, {
    max: poolCountMax,
    connect_timeout: connectTimeoutSeconds,
    idle_timeout: idleSeconds,
    connection: { application_name: 'peek', statement_timeout: statementTimeoutMs },
    // What a server has to remark reaches nobody.
    onnotice: () => undefined,
    ...(tls && { ssl: tls === true ? 'verify-full' : { ca: tls.ca, rejectUnauthorized: true } }),
  })
  return {
    run: (statement, signal) => runOn(sql, system, statement, signal),
    stream: ({ text, values }, batchCount, signal) => streamOn(sql, { text, values }, batchCount, signal),
    transaction: (work, signal) =>
      inTransaction(sql, async (tx) => {
        let isOver = false
        // Whatever the work makes of it: nothing may be written to a connection that is gone, not even a rollback.
        let loss: { readonly error: unknown } | undefined
        const runner: SqlRunner = {
          run: async (statement) => {
            // It would run on a connection that is somebody else's by now.
            if (isOver) throw transactionIsOver(system)
            return runOn(tx, system, statement, signal).catch((error: unknown) => {
              if (isConnectionLoss(error)) loss = { error }
              throw error
            })
          },
        }
        const [outcome] = await Promise.allSettled([Promise.race([work(runner), rejectWhenAborted(signal)])])
        isOver = true
        if (loss) throw loss.error
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      }),
    toFailure: makeToSqlFailure({ system, codes, redact }),
    close: () => sql.end({ timeout: closeSeconds }),
  }
}

/** Read by a cursor, so that never more than the bound is held. */
async function runOn(
  sql: QueryRunner,
  system: string,
  { text, values, rowCountMax }: SqlStatement,
  signal: AbortSignal,
): Promise<SqlRows> {
  const query = sql.unsafe(text, values.map(toParameter))
  const cancel = () => query.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const rows: SqlRow[] = []
    let changedCount = 0
    for await (const page of query.cursor(rowCountMax + 1)) {
      rows.push(...withoutHoles(page))
      changedCount = Math.max(changedCount, Number(Reflect.get(page, 'count') ?? 0))
      if (rows.length > rowCountMax) throw tooManyRows(system, rowCountMax)
    }
    return { rows, changedCount }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function* streamOn(
  sql: QueryRunner,
  { text, values }: Pick<SqlStatement, 'text' | 'values'>,
  batchCount: number,
  signal: AbortSignal,
): AsyncIterable<readonly SqlRow[]> {
  for await (const page of sql.unsafe(text, values.map(toParameter)).cursor(batchCount)) {
    signal.throwIfAborted()
    const rows = withoutHoles(page)
    if (rows.length > 0) yield rows
  }
}

/** After a lost connection the driver (postgres.js 3.4.9) puts the first rows of the next one behind empty places. */
function withoutHoles(page: readonly SqlRow[]): readonly SqlRow[] {
  return page.filter(() => true)
}

/** The driver has no word for whole numbers beyond 2^53; the server reads them from a text. */
function toParameter(value: SqlValue): Exclude<SqlValue, bigint> {
  return typeof value === 'bigint' ? value.toString() : value
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

const codes: SqlCodes = [
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT)/,
    'unreachable',
    'none',
    'Check address, network and whether it runs.',
  ],
  [/^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT|08|57P0[123])/, 'unreachable', 'unknown', 'Check network and whether it runs.'],
  [/^(28|3D000)/, 'refused', 'none', 'Check user, password and database.'],
  // Rolled back by the server, which asks for another try.
  [/^(40001|40P01)/, 'failed', 'none', 'Do the whole transaction again.'],
  [/^57014/, 'timeout', 'none', 'It was cancelled by its deadline; make it faster, or raise tryTimeoutMs.'],
  [/^(53|55)/, 'busy', 'none', 'Try again later.'],
  [/^(58|XX)/, 'failed', 'unknown', 'Its own log says more.'],
  [/^unavailable/, 'unreachable', 'unknown', 'Check network and whether it runs.'],
]
