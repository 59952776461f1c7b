/**
 * `^(?!X)Y`, the one look-ahead that filters are really written with: "does not begin with X, and then Y". It needs no
 * engine that can look ahead: two plain expressions say the same.
 */
export type LeadingExclusion = {
  /** `^(?:X)`: must not match. */
  readonly excluded: string
  /** `^(?:Y)`: must match. */
  readonly rest: string
}

const beginning = '^(?!'

/** Undefined when the expression does not begin so. */
export function splitLeadingExclusion(regex: string): LeadingExclusion | undefined {
  if (!regex.startsWith(beginning)) return undefined
  const end = findClosing(regex, beginning.length)
  if (end === undefined) return undefined
  const rest = regex.slice(end + 1)
  // `^(?!X)Y|Z` is a choice between the whole before the bar and Z: not what two expressions can say.
  if (hasOuterChoice(rest)) return undefined
  return { excluded: `^(?:${regex.slice(beginning.length, end)})`, rest: `^${rest}` }
}

/** Where the group that is open at `start` ends. */
function findClosing(regex: string, start: number): number | undefined {
  let depth = 1
  for (const { character, at } of outsideClasses(regex, start)) {
    if (character === '(') depth++
    else if (character === ')' && --depth === 0) return at
  }
  return undefined
}

function hasOuterChoice(regex: string): boolean {
  let depth = 0
  for (const { character } of outsideClasses(regex, 0)) {
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === '|' && depth === 0) return true
  }
  return false
}

/** Characters that mean something: neither escaped nor between square brackets. */
function* outsideClasses(regex: string, start: number): Generator<{ character: string; at: number }> {
  let isInClass = false
  for (let at = start; at < regex.length; at++) {
    const character = regex[at] ?? ''
    if (character === '\\') at++
    else if (isInClass) isInClass = character !== ']'
    else if (character === '[') isInClass = true
    else yield { character, at }
  }
}
