/** Reads and writes one config.json. A file we cannot understand is never touched. */
import { existsSync, readFileSync } from 'node:fs'
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findJsonFault } from './json-fault.ts'
import type { Tree } from './option-tree.ts'
import { writePrivateFile } from './private-file.ts'

/** The tree of the file; undefined when there is no file. */
export function readConfigFile(file: string): Tree | undefined {
  if (!existsSync(file)) return undefined
  const written = readFileSync(file, 'utf8')
  const fault = findJsonFault(written)
  if (fault !== undefined) {
    throw new PlatformError(
      'bad-configuration',
      `${file} is not JSON: line ${fault.line}, column ${fault.column}: ${fault.words}. Correct it, or delete the file to start from the defaults.`,
      { facts: { file, line: fault.line, column: fault.column } },
    )
  }
  const tree: unknown = JSON.parse(written)
  if (!isJsonObject(tree)) {
    throw new PlatformError('bad-configuration', `${file} must hold one JSON object, { … }.`, { facts: { file } })
  }
  return tree as Tree
}

export function writeConfigFile(file: string, tree: Tree): void {
  writePrivateFile(file, `${JSON.stringify(tree, null, 2)}\n`)
}
