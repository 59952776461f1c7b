/**
 * An outside SQL database: PostgreSQL or MySQL (MariaDB).
 *
 *     const meters = openSqlDatabase(context, { system: 'meters', kind: 'postgres', url, poolCountMax: 2 })
 *     const rows = await meters.query('SELECT id, value FROM readings WHERE at > $1', [since], {
 *       answer: { id: text(), value: number() }, isRepeatable: true,
 *     })
 *     for await (const batch of meters.stream('SELECT * FROM readings', [])) …
 *     await meters.transaction(async (tx) => { await tx.query('UPDATE …', […]) })
 *
 * Promises: values travel as parameters (`$1` for PostgreSQL, `?` for MySQL) and never inside the text; a statement ends by
 * its deadline on the server too; results are bounded, `stream` is for what is larger; a statement is repeated only where
 * the caller says that it may be, or where it surely did nothing; no value of a parameter appears in an error.
 *
 * Values come as JSON knows them: instants as milliseconds, whole numbers beyond 2^53 and decimals as texts.
 */
import { parseWith } from '#vortex/protocol/parse.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { CallFigures } from '../guard/call-figures.ts'
import { createGuard, type GuardedCall, type OutsideContext, type Patience } from '../guard/guard.ts'
import { isOutsideFailure, OutsideFailure } from '../guard/outside-failure.ts'
import { makeRedact } from '../guard/redact.ts'
import { record } from '../http/answer-shape.ts'
import { createMysqlDriver } from './mysql-driver.ts'
import { createPostgresDriver } from './postgres-driver.ts'
import type { SqlDriver, SqlRow, SqlRunner, SqlValue } from './sql-driver.ts'
import { toPlainRow } from './to-plain-row.ts'
import { codeOf } from './to-sql-failure.ts'

export type SqlDatabaseOptions = Patience & {
  readonly system: string
  readonly kind: 'postgres' | 'mysql'
  /** `postgres://user:password@host:port/name`, `mysql://…`. */
  readonly url: string
  /** Connections at once; further statements wait. */
  readonly poolCountMax?: number
  readonly rowCountMax?: number
  /** PEM text of the authority to believe; `true`: those of the system. */
  readonly tls?: true | { readonly ca: string }
}

export type SqlCall<F extends Fields> = Pick<GuardedCall, 'signal' | 'tryTimeoutMs' | 'deadlineMs'> & {
  /** What every row must be; columns that nobody asked for are left out. */
  readonly answer?: F
  /** Doing it twice is the same as once, as for what only reads. */
  readonly isRepeatable?: boolean
  readonly rowCountMax?: number
}
type RowOf<F extends Fields> = string extends keyof F ? SqlRow : FieldValues<F>

export interface SqlQueries {
  query<F extends Fields = Fields>(
    text: string,
    values?: readonly SqlValue[],
    call?: SqlCall<F>,
  ): Promise<readonly RowOf<F>[]>
  /** For what changes rows: how many it changed. */
  change(text: string, values?: readonly SqlValue[], call?: Omit<SqlCall<Fields>, 'answer'>): Promise<number>
}

export interface SqlDatabase extends SqlQueries {
  /** Rows in batches, as many as there are; a reader that is slow slows the database down and nothing piles up here. */
  stream(
    text: string,
    values?: readonly SqlValue[],
    options?: { readonly batchCount?: number; readonly signal?: AbortSignal; readonly deadlineMs?: number },
  ): AsyncIterable<readonly SqlRow[]>
  /** All of it or nothing. With `isRepeatable` the whole work is done again when the database asks for that. */
  transaction<T>(
    work: (tx: SqlQueries) => Promise<T>,
    options?: Pick<GuardedCall, 'signal' | 'tryTimeoutMs' | 'deadlineMs'> & { readonly isRepeatable?: boolean },
  ): Promise<T>
  figures(): CallFigures
  close(): Promise<void>
}

const poolCountMaxDefault = 4
const rowCountMaxDefault = 10_000
const batchCountDefault = 500
const statementTimeoutMsDefault = 15_000
const streamDeadlineMs = 3_600_000

export function openSqlDatabase(context: OutsideContext, options: SqlDatabaseOptions): SqlDatabase {
  const { system, poolCountMax = poolCountMaxDefault, tls } = options
  const url = readUrl(options)
  const guard = createGuard({ system, context, patience: { callCountMax: poolCountMax, ...options } })
  const driver: SqlDriver = (options.kind === 'postgres' ? createPostgresDriver : createMysqlDriver)({
    system,
    url,
    tls,
    poolCountMax,
    statementTimeoutMs: options.tryTimeoutMs ?? statementTimeoutMsDefault,
    redact: makeRedact([decodeURIComponent(url.password)]),
  })
  context.onStop(() => driver.close())

  const guarded: RunStatement = (text, call, work) =>
    guard.run({ ...call, what: nameOf(text), isRepeatable: call.isRepeatable ?? false }, (signal) =>
      work(driver, signal).catch((error: unknown) => {
        throw driver.toFailure(error, nameOf(text))
      }),
    )
  return {
    ...makeQueries(guarded),
    stream,
    transaction: (work, { isRepeatable = false, ...call } = {}) =>
      guard.run({ ...call, what: 'a transaction', isRepeatable }, (signal) =>
        driver
          .transaction((runner) => work(makeQueries(within(runner, signal))), signal)
          .catch((error: unknown) => {
            throw isFromDriver(error) ? driver.toFailure(error, 'a transaction') : error
          }),
      ),
    figures: guard.figures,
    close: driver.close,
  }

  type RunStatement = <T>(
    text: string,
    call: SqlCall<Fields>,
    work: (runner: SqlRunner, signal: AbortSignal) => Promise<T>,
  ) => Promise<T>

  /** Statements of a transaction are not repeated one by one. */
  function within(runner: SqlRunner, signal: AbortSignal): RunStatement {
    return (text, _call, work) =>
      work(runner, signal).catch((error: unknown) => {
        throw driver.toFailure(error, nameOf(text))
      })
  }

  function makeQueries(run: RunStatement): SqlQueries {
    const bound = (call: SqlCall<Fields>) => call.rowCountMax ?? options.rowCountMax ?? rowCountMaxDefault
    return {
      query: async (text, values = [], call = {}) => {
        const rowCountMax = bound(call)
        const { rows } = await run(text, call, (runner, signal) => runner.run({ text, values, rowCountMax }, signal))
        return checkRows(text, rows.map(toPlainRow), call.answer)
      },
      change: (text, values = [], call = {}) =>
        run(text, call, async (runner, signal) => {
          const { changedCount } = await runner.run({ text, values, rowCountMax: bound(call) }, signal)
          return changedCount
        }),
    }
  }

  async function* stream(
    text: string,
    values: readonly SqlValue[] = [],
    call: { readonly batchCount?: number; readonly signal?: AbortSignal; readonly deadlineMs?: number } = {},
  ): AsyncIterable<readonly SqlRow[]> {
    const { batchCount = batchCountDefault, deadlineMs = streamDeadlineMs } = call
    const signals = [context.signal, AbortSignal.timeout(deadlineMs), ...(call.signal ? [call.signal] : [])]
    try {
      for await (const rows of driver.stream({ text, values }, batchCount, AbortSignal.any(signals)))
        yield rows.map(toPlainRow)
    } catch (error) {
      throw isFromDriver(error) ? driver.toFailure(error, nameOf(text)) : error
    }
  }

  function checkRows<F extends Fields>(text: string, rows: readonly SqlRow[], answer: F | undefined): RowOf<F>[] {
    // Without fields to check the rows are what they are.
    if (answer === undefined) return rows as RowOf<F>[]
    const schema = record(answer)
    return rows.map((row, index) => {
      const parsed = parseWith(schema, row)
      if (parsed.ok) return parsed.value as RowOf<F>
      const words = `${nameOf(text)}: row ${index + 1} is something else than agreed: ${parsed.words}. Compare with its tables.`
      throw new OutsideFailure(system, 'bad-answer', words)
    })
  }
}

/** An error of the work itself passes as it is. */
function isFromDriver(error: unknown): boolean {
  return !isOutsideFailure(error) && codeOf(error) !== ''
}

const nameLengthMax = 80

/** The beginning of a statement; its values are not in it. */
function nameOf(text: string): string {
  const short = text.replaceAll(/\s+/g, ' ').trim()
  return `SQL "${short.length > nameLengthMax ? `${short.slice(0, nameLengthMax)}…` : short}"`
}

function readUrl({ system, url, kind }: SqlDatabaseOptions): URL {
  const parsed = URL.parse(url)
  const protocols = kind === 'postgres' ? ['postgres:', 'postgresql:'] : ['mysql:', 'mariadb:']
  if (parsed && protocols.includes(parsed.protocol)) return parsed
  const words = `its url is wrong: wanted "${protocols[0]}//user:password@host:port/name".`
  throw new OutsideFailure(system, 'bad-input', words, { effect: 'none' })
}
