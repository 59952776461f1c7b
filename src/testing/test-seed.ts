import { readEnvironment } from '#config/environment.ts'
import { PlatformError } from '#kernel/platform-error.ts'

/** Seeds are below this. */
const seedEnd = 2 ** 31

/**
 * What a random test begins with: PEEK_SEED where that is set, as `bun run test` does it, else any number from 0 up to 2^31.
 * A test says it in its title or with its failure, so that whoever reads that can have the same again.
 *
 * Throws `bad-input` for a PEEK_SEED that is no such number.
 */
export function testSeed({ PEEK_SEED: given } = readEnvironment()): number {
  if (given === undefined) return Math.floor(Math.random() * seedEnd)
  const seed = /^\d{1,10}$/.test(given) ? Number(given) : Number.NaN
  if (seed < seedEnd) return seed
  throw new PlatformError('bad-input', `PEEK_SEED is "${given}"; it must be a whole number from 0 to ${seedEnd - 1}.`)
}
