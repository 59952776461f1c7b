/**
 * Regular expressions from clients, compared with every event: in time that grows with the text and never faster, whatever
 * the expression. The engine built into JavaScript can be made to search for years; `re2js` cannot.
 *
 * Promises: an expression that would be dear to compile or to run is refused before it costs anything.
 * Real servers take .NET's expressions. Of these, look-ahead (but `^(?!...)` at the very beginning) and look-behind, references back (`\1`), atomic groups, class
 * subtraction and named Unicode blocks (`\p{IsGreek}`) are refused, in words; `\d`, `\w`, `\s` and `\b` know ASCII only.
 */
import { RE2JS } from 're2js'
import { PlatformError } from '#kernel/platform-error.ts'
import { splitLeadingExclusion } from './leading-exclusion.ts'

export type Matches = (text: string) => boolean

const lengthMax = 1_024
/** Of the compiled program, in instructions: what one character of a text may cost at most. */
const programSizeMax = 1_000
const repetitionMax = 50_000

const compiled = new Map<string, Matches>()
const compiledMax = 64

/** Subscribers tend to send the same few expressions: those are compiled once. */
export function compileRegex(regex: string): Matches {
  const known = compiled.get(regex)
  if (known) return known
  const matches = compile(regex)
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(regex, matches)
  return matches
}

function compile(regex: string): Matches {
  if (regex.length > lengthMax) throw refusal(`is longer than ${lengthMax} characters`)
  if (regex.length * repetitionsIn(regex) > repetitionMax) throw refusal('repeats too much')
  if (/\[[^\]]*-\[/.test(regex)) throw refusal('subtracts one class from another, which is not supported')
  const exclusion = splitLeadingExclusion(regex)
  if (!exclusion) return toMatches(regex)
  const isExcluded = toMatches(exclusion.excluded)
  const matchesRest = toMatches(exclusion.rest)
  return (text) => !isExcluded(text) && matchesRest(text)
}

function toMatches(regex: string): Matches {
  const program = parse(toRe2Syntax(regex))
  if (program.programSize() > programSizeMax) throw refusal('is too large')
  return (text) => program.test(text)
}

function parse(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex)
  } catch (error) {
    throw refusal(`does not compile (${error instanceof Error ? error.message : error})`)
  }
}

/** An upper bound of how often a part of the expression stands in its compiled form: counts of groups nest, others do not. */
function repetitionsIn(regex: string): number {
  let ofGroups = 1
  let ofOthers = 1
  for (const [, before, least, most] of regex.matchAll(/(.)\{(\d+),?(\d*)\}/g)) {
    const count = Math.max(1, Number(least), Number(most))
    if (before === ')') ofGroups *= count
    else ofOthers = Math.max(ofOthers, count)
  }
  return ofGroups * ofOthers
}

/** What .NET writes differently: a character by its number, and the end of the text with or without a line feed. */
function toRe2Syntax(regex: string): string {
  return regex.replace(/\\(?:u([0-9a-fA-F]{4})|(Z)|.)/gs, (written, digits, end) => {
    if (digits !== undefined) return `\\x{${digits}}`
    return end === undefined ? written : '(?:\\n?\\z)'
  })
}

function refusal(reason: string): PlatformError {
  return new PlatformError(
    'bad-input',
    `The filter's regular expression ${reason}. Write it differently and read again.`,
  )
}
