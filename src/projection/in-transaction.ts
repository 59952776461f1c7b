import type { Client, QueryRunner } from '#storage/client.ts'

/**
 * `sql.begin`, without its trap: when the connection is lost inside the transaction, the driver (postgres.js 3.4.9) would
 * write its rollback to a socket that is gone, from a timer, which ends the process. So such a failure is kept from it;
 * the driver rejects the transaction itself as soon as it notices the loss.
 */
export function inTransaction<T>(sql: Client, work: (tx: QueryRunner) => Promise<T>): Promise<T> {
  return sql.begin((tx) =>
    work(tx).catch((error: unknown) => (isConnectionLoss(error) ? neverAgain<T>() : Promise.reject(error))),
  ) as Promise<T>
}

function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('severity' in error) return error.severity !== 'ERROR'
  return 'syscall' in error || ('code' in error && /^(CONNECTION_|E[A-Z]+$)/.test(String(error.code)))
}

function neverAgain<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}
