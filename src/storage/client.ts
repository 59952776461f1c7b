/** One postgres.js client with the settings all of ours share. */
import postgres from 'postgres'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'

export type ClientOptions = {
  readonly url: string
  readonly log: Log
  readonly applicationName: string
  readonly maxConnections?: number
  readonly synchronousCommit?: 'on' | 'off'
  readonly statementTimeoutMs?: number
  /** Where a name without a schema is looked for; the server's own setting when left out. */
  readonly schemaName?: string
  /** Told of each connection that ended, wanted or not. */
  readonly onClose?: () => void
  /** For a client whose session is the point of it: never closed for its age or for being idle. */
  readonly keepsSession?: boolean
}

export type Client = postgres.Sql
/** A client, or one transaction of it. */
export type QueryRunner = Pick<postgres.Sql, 'unsafe'>

const connectTimeoutSeconds = 10
const defaultStatementTimeoutMs = 60_000
/** Lets both ends notice within half a minute that the other machine is gone. */
const keepAlive = { tcp_keepalives_idle: 10, tcp_keepalives_interval: 5, tcp_keepalives_count: 4 }

export function openClient(options: ClientOptions): Client {
  const { url, log, applicationName, maxConnections = 10, synchronousCommit, keepsSession = false } = options
  refuseOtherUrls(url)
  return postgres(url, {
    max: maxConnections,
    connect_timeout: connectTimeoutSeconds,
    keep_alive: 10,
    onnotice: (notice) => log.debug('postgres notice', { notice: notice.message, code: notice.code }),
    onclose: () => options.onClose?.(),
    ...(keepsSession ? { max_lifetime: null } : {}),
    connection: {
      application_name: applicationName,
      statement_timeout: options.statementTimeoutMs ?? defaultStatementTimeoutMs,
      // Shortest text that reads back as the same number, whatever the server's own setting.
      extra_float_digits: 1,
      DateStyle: 'ISO',
      ...keepAlive,
      ...(keepsSession ? { idle_session_timeout: 0 } : {}),
      ...(synchronousCommit === undefined ? {} : { synchronous_commit: synchronousCommit }),
      ...(options.schemaName === undefined ? {} : { search_path: `"${options.schemaName}"` }),
    },
  })
}

/** Says which address is wrong before a driver says only that a name could not be resolved; never shows a password. */
function refuseOtherUrls(url: string): void {
  if (/^postgres(ql)?:\/\//.test(url)) return
  const found = url === '' ? 'an empty text' : `one starting with "${url.slice(0, url.indexOf(':') + 1).slice(0, 20)}"`
  throw new PlatformError(
    'bad-configuration',
    `The address of the database must start with postgres://, found ${found}. Write it as postgres://user:password@host:5432/database.`,
  )
}
