import { PlatformError } from '#kernel/platform-error.ts'

/** Whether an error of the driver says that the connection is gone or was never there, and nothing about the statement. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('severity' in error) return error.severity !== 'ERROR'
  return 'syscall' in error || ('code' in error && /^(CONNECTION_|CONNECT_TIMEOUT$|E[A-Z]+$)/.test(String(error.code)))
}

/** A lost connection as `unavailable`, in words that may travel to anybody; other errors as they are. */
export function toDatabaseError(error: unknown): unknown {
  if (!isConnectionLoss(error)) return error
  return new PlatformError('unavailable', 'The database cannot be reached just now.', { cause: error })
}
