import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import type { LogicPart } from '#plugin-api/define-plugin.ts'
import { handledShapes } from '#plugin-api/handled-schemas.ts'
import type { EventShape } from '#vortex/protocol/earlier-versions.ts'
import { describeFields } from '#vortex/protocol/field-words.ts'

/** By event type and version: what each field takes, in words. */
export type EventTypes = { readonly [type: string]: { readonly [version: string]: ReturnType<typeof describeFields> } }

const writeWords = 'run the test again with PEEK_WRITE_EVENT_TYPES=1'

/**
 * Holds a plugin's event types to the list checked in beside it: what may be in a log already must not change by accident (E6).
 * Throws with what to do for each difference; with `isWriting`, takes what the code says now for the list.
 *
 *     checkEventTypes(part, join(import.meta.dir, 'event-types.json'), { isWriting: process.env.PEEK_WRITE_EVENT_TYPES === '1' })
 */
export function checkEventTypes(part: LogicPart, file: string, options: { readonly isWriting: boolean }): void {
  const listed = existsSync(file) ? parseEventTypes(readFileSync(file, 'utf8'), file) : {}
  const found = eventTypesOf(part, listed)
  if (options.isWriting) return writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`)
  const problems = compareEventTypes(part, listed)
  if (problems.length > 0) throw new Error(`${file} and the code differ:\n\n${problems.join('\n\n')}\n`)
}

/** One sentence for each difference, with what to do about it. Empty when there is none. */
export function compareEventTypes(part: LogicPart, listed: EventTypes): readonly string[] {
  const shapes = new Map(handledShapes(part).map((shape) => [shape.name, shape]))
  const gone = Object.keys(listed).filter((type) => !shapes.has(type))
  return [
    ...gone.map(
      (type) =>
        `${type} is on the list, and nothing defines it any more. Events of it may be in a log: keep its definition, among the ` +
        `\`events\` of the logic part where nothing else names it. If it was never released, ${writeWords}.`,
    ),
    ...[...shapes.values()].flatMap((shape) => compareType(shape, listed[shape.name])),
  ]
}

function compareType(shape: EventShape, listed: EventTypes[string] | undefined): string[] {
  const { name, version } = shape
  if (!listed) return [`${name} is new: ${writeWords}, and check in the list.`]
  const newest = Math.max(...Object.keys(listed).map(Number))
  if (version < newest)
    return [
      `${name} is at version ${version} in the code, and was at version ${newest} before. Newer events may be in a log, and this ` +
        `code could not read them: go back to version ${newest}. If that was never released, ${writeWords}.`,
    ]
  const changed = Object.entries(versionsOf(shape)).flatMap(([of, fields]) => {
    const before = listed[of]
    return before ? compareVersion(shape, of, describeChange(before, fields)) : []
  })
  if (changed.length > 0 || version === newest) return changed
  return [`${name} has version ${version}, which is new: ${writeWords}, and check in the list.`]
}

function compareVersion({ name, version }: EventShape, of: string, change: string): string[] {
  if (change === '') return []
  if (Number(of) < version)
    return [
      `${name}: \`from\` describes version ${of} otherwise than it was: ${change}. What is in logs was written as the list has ` +
        `it: describe that in \`from\`.`,
    ]
  return [
    `${name} changed under version ${of}: ${change}. Events of version ${of} may be in a log. Raise its version to ` +
      `${version + 1} and say in \`from\` how version ${of} becomes it. If version ${of} was never released, ${writeWords}.`,
  ]
}

function describeChange(before: ReturnType<typeof describeFields>, now: ReturnType<typeof describeFields>): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name])
  return names
    .map((name) => `"${name}" was ${before[name] ?? 'not there'} and is ${now[name] ?? 'not there'}`)
    .join('; ')
}

/** Versions that the code does not describe any more stay as they are listed. */
function eventTypesOf(part: LogicPart, listed: EventTypes): EventTypes {
  const shapes = handledShapes(part).map((shape): [string, EventTypes[string]] => [
    shape.name,
    { ...listed[shape.name], ...versionsOf(shape) },
  ])
  return Object.fromEntries(shapes.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function versionsOf({ version, fields, from }: EventShape): EventTypes[string] {
  const earlier = (from?.shapes ?? []).map((shape, index) => [String(index + 1), describeFields(shape)] as const)
  return Object.fromEntries([...earlier, [String(version), describeFields(fields)]])
}

function parseEventTypes(text: string, file: string): EventTypes {
  const parsed = tryParseJson(text)
  const isList = (value: unknown): value is JsonObject => isJsonObject(value)
  if (isList(parsed) && Object.values(parsed).every((of) => isList(of) && Object.values(of).every(isList)))
    return parsed as EventTypes
  throw new Error(`${file} is no list of event types: restore it, or ${writeWords}.`)
}
