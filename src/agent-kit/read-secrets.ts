import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import { record } from './http/answer-shape.ts'

/**
 * Keys and passwords of a plugin, from `secrets.json` in its own folder on this machine: they are in no setting and no
 * event, since what is in the log stays there.
 *
 * Promises: throws `bad-configuration` that names the file and what is missing, never a value; refuses a file that others
 * on the machine may read.
 */
export function readSecrets<F extends Fields>(context: { files(): string }, fields: F): FieldValues<F> {
  const file = join(context.files(), 'secrets.json')
  const refuse = (words: string): never => {
    throw new PlatformError('bad-configuration', words, { facts: { file } })
  }
  const wanted = Object.keys(fields).join(', ')
  const text = readOrUndefined(file)
  if (text === undefined)
    return refuse(`${file} is missing: write it as a JSON object with ${wanted}, for its owner only (chmod 600).`)
  const openBits = statSync(file).mode & 0o077
  if (process.platform !== 'win32' && openBits !== 0)
    refuse(`${file} may be read by others on this machine: make it the owner's own (chmod 600).`)
  const parsed = parseWith(record(fields), tryParseJson(text))
  if (parsed.ok) return parsed.value
  // The words of a check may repeat what was found.
  return refuse(`${file} is not as it must be: wanted a JSON object with ${wanted}.`)
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
