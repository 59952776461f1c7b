import type { JobRetry } from './define-job.ts'

/** The wait behind try number `tryNumber`, which failed: from one to the next it doubles. */
export function nextTryDelayMs({ delayMs, delayMsMax }: JobRetry, tryNumber: number): number {
  return Math.min(delayMsMax, delayMs * 2 ** Math.min(30, Math.max(0, tryNumber - 1)))
}
