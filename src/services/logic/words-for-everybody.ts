import { isPlatformError } from '#kernel/platform-error.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'

/** Why logic cannot work, as devices may read it: addresses, users and other details stay in the log. */
export function wordsForEverybody(thrown: unknown): string {
  const error = toDatabaseError(thrown)
  return isPlatformError(error) ? error.message : 'Logic cannot work just now; its log says why.'
}
