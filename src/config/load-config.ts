/**
 * The configuration of one role: `<home>/<role>/config.json`, overridden by the environment.
 *
 * Promises: the file exists afterwards and names every option, with secrets made at random the first time; nothing a
 * person wrote in it is changed or dropped; a wrong value is refused with file, key, what was found and what was wanted,
 * all of them at once; a broken file is refused with its line and left as it is. The file holds no value of the
 * environment.
 */
import { join, resolve } from 'node:path'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { readConfigFile, writeConfigFile } from './config-file.ts'
import { type Environment, findMistypedVariables, readEnvironment } from './environment.ts'
import type { OptionGroup } from './option.ts'
import {
  findAt,
  findBlockedStep,
  type KeyedOption,
  listOptions,
  listUnknownKeys,
  setAt,
  type Tree,
} from './option-tree.ts'
import { type ConfigOf, type ConfigRole, roleOptions } from './options/role-options.ts'
import { ensureHome, ensurePrivateFolder } from './private-file.ts'
import { makeSecret, serviceSecretOf } from './secrets.ts'

export type LoadedConfig<R extends ConfigRole> = {
  readonly role: R
  /** Absolute. */
  readonly home: string
  /** `<home>/<role>`: private to this role. */
  readonly folder: string
  readonly file: string
  readonly values: ConfigOf<R>
  /** Sentences for the log: names nobody knows. */
  readonly warnings: readonly string[]
}

export type LoadConfigOptions<R extends ConfigRole> = {
  readonly role: R
  readonly home: string
  /** Default: that of this process. */
  readonly environment?: Environment
}

type Problem = { readonly place: string; readonly found: unknown; readonly wanted: string; readonly isSecret: boolean }

export function loadConfig<R extends ConfigRole>(options: LoadConfigOptions<R>): LoadedConfig<R> {
  const home = resolve(options.home)
  const folder = join(home, options.role)
  const file = join(folder, 'config.json')
  const group: OptionGroup = roleOptions[options.role]
  const keyed = listOptions(group)
  ensureHome(home)
  ensurePrivateFolder(folder)

  const tree = completeFile(file, keyed, home)
  const environment = options.environment ?? readEnvironment()
  const { values, problems } = parseAll(tree, keyed, environment)
  if (problems.length > 0) throw toRefusal(file, problems)

  const mistyped = options.environment === undefined ? findMistypedVariables() : []
  return {
    role: options.role,
    home,
    folder,
    file,
    // Every option of the role was parsed into its place just now.
    values: values as ConfigOf<R>,
    warnings: [...describeUnknownKeys(file, tree, group, keyed), ...mistyped],
  }
}

/** The tree of the file, with missing keys added; written back only when something was missing. */
function completeFile(file: string, keyed: readonly KeyedOption[], home: string): Tree {
  const found = readConfigFile(file)
  const tree = found ?? {}
  const missing = keyed.filter(({ key }) => findAt(tree, key) === undefined && !findBlockedStep(tree, key))
  const source = { makeSecret, serviceSecret: () => serviceSecretOf(home) }
  for (const { key, option } of missing) setAt(tree, key, option.makeDefault(source))
  if (missing.length > 0) writeConfigFile(file, tree)
  return tree
}

function parseAll(tree: Tree, keyed: readonly KeyedOption[], environment: Environment) {
  const values: Tree = {}
  const problems = new Map<string, Problem>()
  for (const entry of keyed) {
    const outcome = parseOne(tree, entry, environment)
    if ('value' in outcome) setAt(values, entry.key, outcome.value)
    else problems.set(outcome.place, outcome)
  }
  return { values, problems: [...problems.values()] }
}

function parseOne(tree: Tree, { key, option }: KeyedOption, environment: Environment): { value: unknown } | Problem {
  const { isSecret, wanted, variable } = option
  const override = variable === undefined ? undefined : environment[variable]
  if (override !== undefined) {
    const value = option.parse(option.fromText(override))
    return value === undefined
      ? { place: `environment variable ${variable}`, found: override, wanted, isSecret }
      : { value }
  }
  const blocked = findBlockedStep(tree, key)
  if (blocked) return { place: `key "${blocked.key}"`, found: blocked.found, wanted: 'a group, { … }', isSecret: false }
  const found = findAt(tree, key)
  const value = option.parse(found)
  return value === undefined ? { place: `key "${key}"`, found, wanted, isSecret } : { value }
}

function toRefusal(file: string, problems: readonly Problem[]): PlatformError {
  const sentences = problems.map(
    ({ place, found, wanted, isSecret }) =>
      `${place}: found ${isSecret ? `${typeof found} (not shown)` : JSON.stringify(found)}, wanted ${wanted}`,
  )
  return new PlatformError('bad-configuration', `${file}: ${sentences.join('; ')}.`, {
    facts: { file, count: problems.length, place: problems[0]?.place },
  })
}

function describeUnknownKeys(file: string, tree: Tree, group: OptionGroup, keyed: readonly KeyedOption[]): string[] {
  const known = keyed.map(({ key }) => key)
  return listUnknownKeys(tree, group).map((key) => {
    const meant = nearestName(key, known)
    return `${file}: the key "${key}" is not known and has no effect${meant ? `; did you mean "${meant}"?` : '.'}`
  })
}
