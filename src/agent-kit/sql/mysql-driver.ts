import {
  createConnection,
  createPool,
  type Pool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2'
import { OutsideFailure } from '../guard/outside-failure.ts'
import type { SqlDriverOptions } from './driver-options.ts'
import type { SqlDriver, SqlRow, SqlRows, SqlRunner, SqlStatement } from './sql-driver.ts'
import { makeToSqlFailure, type SqlCodes, tooManyRows, transactionIsOver } from './to-sql-failure.ts'

const connectTimeoutMs = 10_000
const idleMs = 60_000
const defaultPort = 3_306

/** MySQL and MariaDB by mysql2, statements prepared on the server. */
export function createMysqlDriver(options: SqlDriverOptions): SqlDriver {
  const { system, url, tls, poolCountMax, redact } = options
  const access = {
    host: url.hostname,
    port: Number(url.port || defaultPort),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    connectTimeout: connectTimeoutMs,
    ...(tls && { ssl: tls === true ? {} : { ca: tls.ca } }),
  }
  const pool = createPool({
    ...access,
    connectionLimit: poolCountMax,
    idleTimeout: idleMs,
    enableKeepAlive: true,
    supportBigNumbers: true,
    timezone: 'Z',
  })
  /** The server goes on with a statement whose connection is gone; another connection ends it, if it may. */
  const giveUp = (connection: PoolConnection): void => {
    const { threadId } = connection
    connection.destroy()
    if (threadId === null) return
    const killer = createConnection(access)
    killer.on('error', () => undefined)
    killer.query(`KILL QUERY ${threadId}`, () => killer.destroy())
  }
  const toFailure = makeToSqlFailure({ system, codes, redact })
  const onConnection = <T>(signal: AbortSignal, work: (connection: PoolConnection) => Promise<T>) =>
    withConnection({ pool, signal, giveUp }, work)
  return {
    run: (statement, signal) => onConnection(signal, (connection) => runOn(connection, system, statement)),
    stream: ({ text, values }, batchCount, signal) => streamOn({ pool, signal, giveUp }, { text, values }, batchCount),
    transaction: (work, signal) =>
      onConnection(signal, async (connection) => {
        await order(connection, 'START TRANSACTION')
        let isOver = false
        const runner: SqlRunner = {
          run: async (statement) => {
            if (!isOver) return runOn(connection, system, statement)
            throw transactionIsOver(system)
          },
        }
        try {
          const result = await work(runner)
          isOver = true
          await order(connection, 'COMMIT')
          return result
        } catch (error) {
          isOver = true
          // A connection that is gone has rolled back already.
          await order(connection, 'ROLLBACK').catch(() => connection.destroy())
          throw error
        }
      }),
    toFailure,
    close: () => new Promise((resolve) => pool.end(() => resolve())),
  }
}

type Lender = {
  readonly pool: Pool
  readonly signal: AbortSignal
  readonly giveUp: (connection: PoolConnection) => void
}

/** Lent by the pool; one whose statement nobody waits for any more is closed. */
async function withConnection<T>(
  { pool, signal, giveUp }: Lender,
  work: (connection: PoolConnection) => Promise<T>,
): Promise<T> {
  const connection = await new Promise<PoolConnection>((resolve, reject) => {
    pool.getConnection((error, lent) => (error ? reject(error) : resolve(lent)))
  })
  let isDestroyed = false
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => undefined)
  const destroy = () => {
    isDestroyed = true
    giveUp(connection)
    reject(signal.reason)
  }
  if (signal.aborted) destroy()
  signal.addEventListener('abort', destroy, { once: true })
  try {
    return await Promise.race([work(connection), aborted])
  } catch (error) {
    // Rows that nobody reads any more may be on their way.
    if (error instanceof OutsideFailure && error.kind === 'too-large' && !isDestroyed) {
      isDestroyed = true
      giveUp(connection)
    }
    throw error
  } finally {
    signal.removeEventListener('abort', destroy)
    if (!isDestroyed) connection.release()
  }
}

function order(connection: PoolConnection, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** Row by row, so that never more than the bound is held. */
function runOn(
  connection: PoolConnection,
  system: string,
  { text, values, rowCountMax }: SqlStatement,
): Promise<SqlRows> {
  return new Promise((resolve, reject) => {
    const rows: SqlRow[] = []
    let changedCount = 0
    const query = connection.execute<RowDataPacket[] | ResultSetHeader>(text, [...values])
    query.on('error', reject)
    query.on('result', (row: RowDataPacket | ResultSetHeader) => {
      if (isHeader(row)) changedCount = row.affectedRows
      else if (rows.length < rowCountMax) rows.push({ ...row })
      else reject(tooManyRows(system, rowCountMax))
    })
    query.on('end', () => resolve({ rows, changedCount }))
  })
}

function isHeader(row: RowDataPacket | ResultSetHeader): row is ResultSetHeader {
  return row.constructor.name === 'ResultSetHeader'
}

async function* streamOn(
  { pool, signal, giveUp }: Lender,
  { text, values }: Pick<SqlStatement, 'text' | 'values'>,
  batchCount: number,
): AsyncIterable<readonly SqlRow[]> {
  const connection = await new Promise<PoolConnection>((resolve, reject) => {
    pool.getConnection((error, lent) => (error ? reject(error) : resolve(lent)))
  })
  const destroy = () => giveUp(connection)
  signal.addEventListener('abort', destroy, { once: true })
  let isWhole = false
  try {
    let batch: SqlRow[] = []
    for await (const row of connection.execute(text, [...values]).stream({ highWaterMark: batchCount })) {
      signal.throwIfAborted()
      batch.push({ ...(row as SqlRow) })
      if (batch.length < batchCount) continue
      yield batch
      batch = []
    }
    signal.throwIfAborted()
    if (batch.length > 0) yield batch
    isWhole = true
  } finally {
    signal.removeEventListener('abort', destroy)
    // Rows that nobody reads any more would come to whoever gets the connection next.
    if (isWhole) connection.release()
    else if (!signal.aborted) giveUp(connection)
  }
}

const codes: SqlCodes = [
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/,
    'unreachable',
    'none',
    'Check address, network and whether it runs.',
  ],
  [
    /^(PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|ER_SERVER_SHUTDOWN)/,
    'unreachable',
    'unknown',
    'Check network and whether it runs.',
  ],
  [/^(ER_ACCESS_DENIED|ER_DBACCESS_DENIED|ER_BAD_DB)/, 'refused', 'none', 'Check user, password and database.'],
  [/^ER_LOCK_DEADLOCK/, 'failed', 'none', 'Do the whole transaction again.'],
  [/^(ER_LOCK_WAIT_TIMEOUT|ER_CON_COUNT|ER_TOO_MANY_USER)/, 'busy', 'none', 'Try again later.'],
  [/^ER_QUERY_(INTERRUPTED|TIMEOUT)/, 'timeout', 'none', 'It was cancelled; make it faster, or raise tryTimeoutMs.'],
  [/^ER_(DISK_FULL|OUT_OF)/, 'failed', 'unknown', 'Its own log says more.'],
]
