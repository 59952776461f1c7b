/**
 * The members of a JSON object as they are written: for changing one of them and leaving the bytes of all others alone.
 * Parsing and writing again would round large numbers and spell others differently.
 *
 * Asks: the text is a JSON object, which somebody has parsed already. Text of any encoding that has ASCII inside will do.
 * Promises: any depth; what is nested is stepped over, not descended into.
 */
export type JsonMember = { readonly key: string; readonly text: string }

export function splitJsonMembers(text: string): JsonMember[] {
  const members: JsonMember[] = []
  let depth = 0
  let start = 0
  for (let at = text.indexOf('{'); at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at)
        break
      case '{':
      case '[':
        if (++depth === 1) start = at + 1
        break
      case ',':
        if (depth !== 1) break
        members.push(toMember(text.slice(start, at)))
        start = at + 1
        break
      case '}':
      case ']':
        if (--depth === 0) {
          const rest = text.slice(start, at).trim()
          return rest === '' ? members : [...members, toMember(rest)]
        }
    }
  }
  return members
}

function toMember(written: string): JsonMember {
  const text = written.trim()
  return { key: String(JSON.parse(text.slice(0, endOfString(text, 0) + 1))), text }
}

/** Where the quote is that closes the one at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
