import { createDeferred } from '#kernel/deferred.ts'
import type { Client, QueryRunner } from './client.ts'
import { isConnectionLoss, toDatabaseError } from './connection-loss.ts'

/**
 * `sql.begin`, without its trap: when the connection is lost inside the transaction, the driver (postgres.js 3.4.9) would
 * write its rollback to a socket that is gone, from a timer, which ends the process. So such a failure is kept from the
 * driver and given to the caller at once.
 *
 * Promises: commits when `work` resolves, rolls back when it rejects; rejects with what went wrong, `unavailable`
 * when it was the connection.
 * Asks: `work` talks to the database and to nothing else, so that an error of a socket is one of this connection.
 */
export async function inTransaction<T>(
  sql: Client,
  work: (tx: QueryRunner) => Promise<T>,
  mode: 'read write' | 'isolation level repeatable read read only' = 'read write',
): Promise<T> {
  const lost = createDeferred<never>()
  const done = sql.begin(mode, (tx) =>
    work(tx).catch((error: unknown) => {
      if (!isConnectionLoss(error)) throw error
      lost.reject(error)
      return never<T>()
    }),
  ) as Promise<T>
  try {
    return await Promise.race([done, lost.promise])
  } catch (error) {
    throw toDatabaseError(error)
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}
