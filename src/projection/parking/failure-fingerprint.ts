import { createHash } from 'node:crypto'

/**
 * Names a failure so that failures of one cause meet in one group: the same for the same words about the same type of
 * event, whatever ids, numbers, positions and quoted values stand in them.
 */
export function failureFingerprint(failure: {
  readonly type: string
  readonly entityId: string
  readonly words: string
}): string {
  const { type, entityId, words } = failure
  return createHash('sha256')
    .update(`${type}\n${withoutParticulars(words, entityId)}`)
    .digest('hex')
    .slice(0, 16)
}

/** Longer words differ in their ends only by what they quote. */
const comparedCharsMax = 500

/** The words with everything taken out that differs from one entity to the next. */
export function withoutParticulars(words: string, entityId: string): string {
  return withoutEntity(words, entityId)
    .replaceAll(/"(?:[^"\\]|\\.)*"|“[^”]*”|(?<![\p{L}\p{N}])'(?:[^'\\\n]|\\.)*'(?![\p{L}\p{N}])|`[^`]*`/gu, '"…"')
    .replaceAll(/[\p{L}\p{N}_.:+-]*\p{N}[\p{L}\p{N}_.:+-]*(?<![.:])/gu, '#')
    .replaceAll(/#(?:[-.:/ ,]*#)+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, comparedCharsMax)
}

/** Ids may be any visible characters, so they are known only by being this event's own. One letter is left to chance. */
function withoutEntity(words: string, entityId: string): string {
  if (entityId.length < 2) return words
  return words.split(entityId).join('#')
}
