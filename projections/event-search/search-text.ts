import type { Json, JsonObject } from '#plugin-api'

/**
 * An event's data as the text that a search looks through: a line a value, `name: value`, names of outer objects in
 * front, folded so that capitals and the ways to write an accent do not count.
 */
export function toSearchText(data: JsonObject): string {
  const lines: string[] = []
  addLines(lines, '', data)
  return foldText(lines.join('\n'))
}

/** How text is compared: asked for and looked through in the same spelling. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function addLines(lines: string[], name: string, value: Json): void {
  if (value === null || typeof value !== 'object') lines.push(name === '' ? String(value) : `${name}: ${value}`)
  else if (Array.isArray(value)) for (const element of value) addLines(lines, name, element)
  else
    for (const [key, inner] of Object.entries(value as JsonObject))
      addLines(lines, name === '' ? key : `${name}.${key}`, inner)
}
