import { existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import { writePrivateFile } from '#config/private-file.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { HeldKey } from './api-key.ts'

/**
 * The keys an agent knows, kept on its disk so that its site works while logic is away: hashes only, in a file that nobody
 * else may read.
 *
 * Promises: a file that is damaged counts as none: the keys come from logic again.
 */
export interface HeldKeys {
  /** By id; undefined until they came for the first time. */
  keys(): ReadonlyMap<string, HeldKey> | undefined
  /** Of what is held: logic answers nothing but this while nothing changed. */
  version(): string
  replace(list: KeyList): void
}

export const keyListSchema = v.object({
  version: v.pipe(v.string(), v.maxLength(200)),
  keys: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.string(), v.uuid()),
        name: v.string(),
        hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
        scopes: v.array(v.string()),
        requestsPerMinute: v.pipe(v.number(), v.integer(), v.minValue(1)),
        expiresAt: v.nullable(v.number()),
      }),
    ),
    v.maxLength(10_000),
  ),
})
export type KeyList = v.InferOutput<typeof keyListSchema>

export function openHeldKeys(options: { file: string; log: Log }): HeldKeys {
  const { file, log } = options
  let held = readList(file, log)
  let byId = held && toMap(held)
  return {
    keys: () => byId,
    version: () => held?.version ?? '',
    replace: (list) => {
      held = list
      byId = toMap(list)
      try {
        writePrivateFile(file, JSON.stringify(list))
      } catch (error) {
        // They work all the same, until the next start.
        log.error(`the API keys cannot be kept on the disk: ${describeError(error)}`, { file })
      }
    },
  }
}

function readList(file: string, log: Log): KeyList | undefined {
  if (!existsSync(file)) return undefined
  const parsed = v.safeParse(keyListSchema, tryParseJson(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.output
  log.warning('the file of API keys is damaged; logic is asked for them', { file })
  return undefined
}

function toMap({ keys }: KeyList): ReadonlyMap<string, HeldKey> {
  return new Map(keys.map((key) => [key.id, key]))
}
