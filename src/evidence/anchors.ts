import { mkdirSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, parsePosition } from '#kernel/position.ts'

/**
 * The chain's hash at one moment, kept apart from log and database: whoever alters both cannot alter this too, if the
 * folder is somewhere they do not reach (another machine, a medium that is written once).
 */
export type Anchor = {
  readonly eventCount: number
  readonly position: Position
  /** Hexadecimal. */
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export const anchorFileName = 'anchors.ndjson'

/** Adds a line to the folder's file and syncs it. */
export async function appendAnchor(folder: string, anchor: Anchor): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const file = await open(join(folder, anchorFileName), 'a', 0o644)
  try {
    await file.write(`${JSON.stringify({ ...anchor, at: new Date(anchor.at).toISOString() })}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Of all folders; one that has none yet, or is away, has none. */
export async function readAnchorFolders(folders: readonly string[]): Promise<Anchor[]> {
  return (await Promise.all(folders.map((folder) => readAnchors(join(folder, anchorFileName))))).flat()
}

/** In the order of the file; none when there is no file. A last line that a crash cut short is left out. */
export async function readAnchors(file: string): Promise<Anchor[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n')
  const rest = lines.pop()
  const anchors = lines.map((line, index) => {
    const anchor = parseAnchor(line)
    if (anchor) return anchor
    const words = `Line ${index + 1} of ${file} is no anchor: ${line.slice(0, 80)}. Compare with another copy of the file.`
    throw new PlatformError('bad-input', words, { facts: { file, line: index + 1 } })
  })
  const last = rest === undefined || rest === '' ? undefined : parseAnchor(rest)
  return last ? [...anchors, last] : anchors
}

function parseAnchor(line: string): Anchor | undefined {
  const value = tryParseJson(line)
  if (!isJsonObject(value)) return undefined
  const { eventCount, hash, at } = value
  const position = parsePosition(value.position)
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
  const isGood = typeof eventCount === 'number' && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)
  return isGood && position && !Number.isNaN(time) ? { eventCount, position, hash, at: time } : undefined
}
