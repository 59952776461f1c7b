/** The sentence for a migration that failed: which file, which line, what Postgres said, what is left behind. */
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { MigrationFile, MigrationSet } from './migration-files.ts'

export function describeMigrationFailure(set: MigrationSet, file: MigrationFile, cause: unknown): PlatformError {
  if (isPlatformError(cause)) return cause
  const line = findLine(file.text, cause)
  const place = line === undefined ? '' : ` at line ${line}`
  return new PlatformError(
    'migration-failed',
    `Migration ${set.id}/${file.name} failed${place}: ${describeError(cause)}${detailsOf(cause)}. Nothing of this file was kept; correct it and start again.`,
    { facts: { set: set.id, name: file.name, line }, cause },
  )
}

/** Postgres counts characters from 1 over the whole file, in code points. */
function findLine(text: string, cause: unknown): number | undefined {
  const position = Number(textOf(cause, 'position'))
  if (!(position > 0)) return undefined
  return [...text].slice(0, position - 1).filter((character) => character === '\n').length + 1
}

function detailsOf(cause: unknown): string {
  const parts = [textOf(cause, 'detail'), textOf(cause, 'hint'), textOf(cause, 'where'), textOf(cause, 'code')]
  const said = parts.filter((part) => part !== undefined)
  return said.length === 0 ? '' : ` (${said.join('; ')})`
}

function textOf(cause: unknown, name: string): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const value = Object.entries(cause).find(([key]) => key === name)?.[1] as unknown
  return typeof value === 'string' && value !== '' ? value : undefined
}
