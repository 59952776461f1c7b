import { isJsonObject } from '#kernel/json.ts'
import type { LogLevel } from '#kernel/log.ts'
import type { FromRebuilder } from '#projection/rebuild/rebuild-messages.ts'

/** All that the process says over its channel: that it listens, what it logs, and the messages of the rebuild itself. */
export type RebuilderLine =
  | { readonly kind: 'listening' }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly words: string
      readonly facts?: Readonly<Record<string, unknown>>
    }
  | FromRebuilder

const kinds: readonly string[] = [
  'listening',
  'log',
  'progress',
  'proved',
  'compared',
  'close',
  'met',
  'failed',
] satisfies RebuilderLine['kind'][]

/** The process is our own child, of the same build: its kind is looked at, the rest is trusted. */
export function parseRebuilderLine(found: unknown): RebuilderLine | undefined {
  if (!isJsonObject(found) || typeof found.kind !== 'string' || !kinds.includes(found.kind)) return undefined
  return found as RebuilderLine
}
