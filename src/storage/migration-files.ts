/**
 * Reads a folder of numbered plain SQL files, `0001_first.sql`, `0002_second.sql`, and refuses what could be meant in
 * two ways: a gap, a number used twice, a file that ends its own transaction.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'

export type MigrationSet = {
  /** `platform`, or the id of the plugin. */
  readonly id: string
  readonly folder: string
  /** Made when it is not there, and where a name without a schema is made and looked for; without it files name the schema. */
  readonly schemaName?: string
}

export type MigrationFile = {
  readonly number: number
  /** The file name. */
  readonly name: string
  readonly text: string
  readonly hash: string
}

/** The one file of the folder that is generated for readers, not run. */
const generatedFile = 'schema.sql'
const namePattern = /^(\d{4})_[a-z0-9_-]+\.sql$/
/** A statement of its own; `BEGIN` of a function body has no semicolon behind it. */
const transactionStatement = /^\s*(begin|commit|rollback|start\s+transaction)(\s+(work|transaction))?\s*;/im

/** In order. No folder: no migrations. */
export function readMigrationFiles(set: MigrationSet): readonly MigrationFile[] {
  if (!existsSync(set.folder)) return []
  const names = readdirSync(set.folder).filter((name) => name.endsWith('.sql') && name !== generatedFile)
  const files = names.sort().map((name) => readMigrationFile(set, name))
  checkNumbers(set, files)
  return files
}

/** Equal for equal SQL, whichever line endings the checkout has. */
export function hashMigration(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
}

function readMigrationFile(set: MigrationSet, name: string): MigrationFile {
  const digits = namePattern.exec(name)?.[1]
  if (digits === undefined) {
    throw badSet(set, `${name} is not named like 0001_what_it_does.sql (four digits, lower case). Rename it.`)
  }
  const text = readFileSync(join(set.folder, name), 'utf8')
  const statement = transactionStatement.exec(text)?.[1]
  if (statement !== undefined) {
    throw badSet(set, `${name} says ${statement.toUpperCase()}; each file already runs in one transaction. Remove it.`)
  }
  return { number: Number(digits), name, text, hash: hashMigration(text) }
}

function checkNumbers(set: MigrationSet, files: readonly MigrationFile[]): void {
  files.forEach((file, index) => {
    const previous = files[index - 1]
    if (file.number === index + 1) return
    if (previous?.number === file.number) {
      throw badSet(set, `${previous.name} and ${file.name} have the same number. Give the newer one the next number.`)
    }
    const wanted = String(index + 1).padStart(4, '0')
    throw badSet(set, `number ${wanted} is missing before ${file.name}. Numbers start at 0001 and leave none out.`)
  })
}

function badSet(set: MigrationSet, words: string): PlatformError {
  const facts = { set: set.id, folder: set.folder }
  return new PlatformError('bad-definition', `Migrations of "${set.id}" in ${set.folder}: ${words}`, { facts })
}
