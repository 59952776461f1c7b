/**
 * Where a text stops being JSON.
 *
 * The engine's own message names a token and no place, so this walks the text once with the grammar of RFC 8259.
 * Promises: undefined exactly when `JSON.parse` accepts the text; else the line and column of the first wrong character.
 */
export type JsonFault = { readonly line: number; readonly column: number; readonly words: string }

const patterns = {
  space: /[ \t\n\r]*/y,
  number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside a text.
  text: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y,
  word: /true|false|null/y,
}

class Fault extends Error {
  readonly at: number
  constructor(at: number, words: string) {
    super(words)
    this.at = at
  }
}

export function findJsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return locate(text)
  }
}

function locate(text: string): JsonFault {
  try {
    const end = skip(text, walkValue(text, skip(text, 0)))
    return toFault(text, end, `there is more text after the end (${show(text, end)})`)
  } catch (error) {
    return error instanceof Fault ? toFault(text, error.at, error.message) : toFault(text, 0, String(error))
  }
}

function walkValue(text: string, at: number): number {
  switch (text[at]) {
    case '{':
      return walkList(text, at, '}', walkMember)
    case '[':
      return walkList(text, at, ']', walkValue)
    case '"':
      return walkText(text, at)
    default:
      return match(text, at, patterns.number) ?? match(text, at, patterns.word) ?? fail(text, at, 'a value')
  }
}

function walkList(text: string, open: number, close: string, walkEntry: (text: string, at: number) => number): number {
  let at = skip(text, open + 1)
  if (text[at] === close) return at + 1
  for (;;) {
    at = skip(text, walkEntry(text, at))
    if (text[at] === close) return at + 1
    if (text[at] !== ',') return fail(text, at, `a comma or ${close}`)
    at = skip(text, at + 1)
  }
}

function walkMember(text: string, at: number): number {
  if (text[at] !== '"') return fail(text, at, 'a key in double quotes')
  const colon = skip(text, walkText(text, at))
  if (text[colon] !== ':') return fail(text, colon, 'a colon after the key')
  return walkValue(text, skip(text, colon + 1))
}

function walkText(text: string, at: number): number {
  return match(text, at, patterns.text) ?? fail(text, at, 'a text that is closed on its line, with valid escapes')
}

function match(text: string, at: number, pattern: RegExp): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function skip(text: string, at: number): number {
  return match(text, at, patterns.space) ?? at
}

function fail(text: string, at: number, wanted: string): never {
  throw new Fault(at, `found ${show(text, at)}, wanted ${wanted}`)
}

function show(text: string, at: number): string {
  return at >= text.length ? 'the end of the file' : JSON.stringify(text[at])
}

function toFault(text: string, at: number, words: string): JsonFault {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, words }
}
