import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { DeviceFull } from './device-store.ts'

/** What the browser's database fails with, in the words of the platform. */
export function toStoreError(error: unknown): Error {
  if (isPlatformError(error)) return error
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return new DeviceFull({ cause: error })
    case 'VersionError': {
      const words =
        'A newer version of this app has been here: reload this page to get it. What waits is kept and is sent by the newer one.'
      return new PlatformError('schema-unknown', words, { cause: error })
    }
    case 'InvalidStateError':
      return new PlatformError('unavailable', letGoWords, { cause: error })
    default:
      return new PlatformError('unavailable', 'What this device keeps cannot be reached just now: reload this page.', {
        cause: error,
      })
  }
}

export const letGoWords = 'This page has let go of what the device keeps: reload it.'

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : ''
}
