import * as v from 'valibot'
import { isPluginId } from '#event-store/stream-name.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'

/**
 * What a plugin says of itself in its package.json, under "peek". It is data, so that shells can draw tiles and menus
 * before any code of the plugin has run.
 */
const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(300))
const anyText = v.pipe(v.string(), v.maxLength(300))
const relativePath = v.pipe(
  shortText,
  v.check((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must stay inside the plugin folder'),
)
const routePath = v.pipe(v.string(), v.regex(/^[a-z0-9-]*(\/[a-z0-9-]+)*$/, 'must be lower-case words divided by "/"'))

const homeLink = v.strictObject({ title: shortText, words: v.optional(anyText, ''), path: routePath })
/** Below `/p/<id>/api` stand the routes of the plugin's part on that service. */
const screenPath = v.pipe(
  routePath,
  v.check((path) => path.split('/')[0] !== 'api', 'must not begin with "api": the plugin’s routes stand there'),
)
const screen = v.strictObject({ path: screenPath, title: shortText, module: relativePath })
const appEntry = v.strictObject({
  home: v.optional(v.array(homeLink), []),
  screens: v.array(screen),
  /** The module that declares what people may take along where there is no coverage: it exports `packs`. */
  packs: v.optional(relativePath),
})
const offline = v.strictObject({
  /** How much of its rows a device keeps, packs not counted: what was looked at longest ago goes first. */
  budgetMiB: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4_096)),
})

const manifestSchema = v.strictObject({
  id: v.pipe(
    v.string(),
    v.check(isPluginId, 'must be lower-case letters, digits and dashes, and none of the platform’s names'),
  ),
  title: shortText,
  words: v.optional(anyText, ''),
  icon: v.optional(relativePath),
  platform: shortText,
  requires: v.optional(v.record(v.string(), v.string()), {}),
  services: v.optional(v.array(v.picklist(['logic', 'field', 'office', 'agent', 'worker'])), []),
  apps: v.optional(
    v.strictObject({ field: v.optional(appEntry), office: v.optional(appEntry), admin: v.optional(appEntry) }),
    {},
  ),
  offline: v.optional(offline),
})

export type PluginManifest = v.InferOutput<typeof manifestSchema>
export type AppName = 'field' | 'office' | 'admin'

/** Checks the "peek" key of the package at `path`; an unknown key is an error that names the nearest right one. */
export function parseManifest(path: string, packageJson: unknown): PluginManifest {
  const peek =
    typeof packageJson === 'object' && packageJson !== null && 'peek' in packageJson ? packageJson.peek : undefined
  if (peek === undefined) throw badManifest(path, 'it has no "peek" key, which makes a package a plugin')
  const result = v.safeParse(manifestSchema, peek)
  if (result.success) return result.output
  throw badManifest(path, result.issues.slice(0, 3).map(describeIssue).join('; '))
}

const knownKeys = [
  ...Object.keys(manifestSchema.entries),
  'field',
  'office',
  'admin',
  'home',
  'screens',
  'packs',
  'budgetMiB',
  'path',
  'module',
]

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const keys = issue.path?.map((step) => String(step.key)) ?? []
  const path = keys.join('.') || 'peek'
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const near = nearestName(keys.at(-1) ?? '', knownKeys)
    return `"${path}" is no key of a manifest${near ? `; did you mean "${near}"?` : ''}`
  }
  if (issue.received === 'undefined') return `"${path}" is missing`
  if (issue.message.startsWith('must ')) return `"${path}" ${issue.message}, found ${issue.received}`
  return `"${path}" is ${issue.received}, wanted ${issue.expected ?? 'another value'}`
}

function badManifest(path: string, words: string): PlatformError {
  return new PlatformError('bad-definition', `The manifest in ${path} is wrong: ${words}.`, { facts: { path } })
}
