/** Compares what a database says was applied with the files at hand: history is only ever added to. */
import { PlatformError } from '#kernel/platform-error.ts'
import type { MigrationFile, MigrationSet } from './migration-files.ts'

export type AppliedMigration = { readonly number: number; readonly name: string; readonly hash: string }

export function checkApplied(
  set: MigrationSet,
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): void {
  for (const done of applied) {
    const file = files.find(({ number }) => number === done.number)
    if (file === undefined) {
      throw refused(
        set,
        done,
        `was applied to this database, but its file is not in ${set.folder}: the database is newer than this program, or the file was deleted. Start the newer program, or restore the file.`,
      )
    }
    if (file.hash !== done.hash) {
      const renamed = file.name === done.name ? '' : ` (the file is now ${file.name})`
      throw refused(
        set,
        done,
        `was edited after it was applied to this database${renamed}. Restore the file as it was, and put the change into a new file with the next number.`,
      )
    }
  }
}

function refused(set: MigrationSet, done: AppliedMigration, words: string): PlatformError {
  const facts = { set: set.id, name: done.name, number: done.number }
  return new PlatformError('migration-failed', `Migration ${set.id}/${done.name} ${words}`, { facts })
}
