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
/** What is looked at of them: an event may make its failure's words as long as it is itself. */
const readCharsMax = 2_000

const quoted = {
  whole: /"(?:[^"\\]|\\.)*"|“[^”]*”|(?<![\p{L}\p{N}])'(?:[^'\\\n]|\\.)*'(?![\p{L}\p{N}])|`[^`]*`/gu,
  /** Where the end was cut off, the last quotation may go on to it. */
  cut: /"(?:[^"\\]|\\.)*(?:"|\\?$)|“[^”]*(?:”|$)|(?<![\p{L}\p{N}])'(?:[^'\\\n]|\\.)*'(?![\p{L}\p{N}])|`[^`]*(?:`|$)/gu,
}

/** The words with everything taken out that differs from one entity to the next. */
export function withoutParticulars(words: string, entityId: string): string {
  const isCut = words.length > readCharsMax
  return withoutEntity(words.slice(0, readCharsMax), entityId)
    .replaceAll(isCut ? quoted.cut : quoted.whole, '"…"')
    .replaceAll(/[\p{L}\p{N}_.:+-]+/gu, withoutNumber)
    .replaceAll(/#(?:[-.:/ ,]*#)+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, comparedCharsMax)
}

/** A word with a number in it, whatever else: a full stop or colon behind it is not part of it. */
function withoutNumber(word: string): string {
  if (!/\p{N}/u.test(word)) return word
  let end = word.length
  while (word[end - 1] === '.' || word[end - 1] === ':') end--
  return `#${word.slice(end)}`
}

/** Ids may be any visible characters, so they are known only by being this event's own. One letter is left to chance. */
function withoutEntity(words: string, entityId: string): string {
  if (entityId.length < 2) return words
  return words.split(entityId).join('#')
}
