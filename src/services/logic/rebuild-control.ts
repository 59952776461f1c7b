import { PlatformError } from '#kernel/platform-error.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'

/** Rebuilds of the leading logic. */
export function createRebuildControl(): RebuildControl {
  const refuse = async (): Promise<never> => {
    throw new PlatformError('unavailable', 'Rebuilds cannot be steered here yet.')
  }
  return {
    list: () => [],
    kept: async () => [],
    estimate: refuse,
    start: refuse,
    pause: refuse,
    resume: refuse,
    cancel: refuse,
    throttle: refuse,
    approve: refuse,
    differences: refuse,
    drop: refuse,
  }
}
