/** The map holds: who imports whom, where the doors are, and that src/README.md lists what is there. */
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AreaRule, areaRules, homeOf } from './support/area-rules.ts'
import { findCycles, type Import, listImports, resolveAlias } from './support/import-graph.ts'
import { projectFolder, readSourceFiles, type SourceFile } from './support/source-files.ts'

const files = readSourceFiles()
const production = files.filter((file) => !file.isTest)
const importsOf = new Map(files.map((file) => [file.path, listImports(file)]))
const productionImports = production.flatMap((file) => importsOf.get(file.path) ?? [])

/** `src/services/*` is that folder's own files, without its sub-folders. */
function isWithin(target: string, place: string): boolean {
  if (place.endsWith('/*'))
    return target.startsWith(place.slice(0, -1)) && !target.slice(place.length - 1).includes('/')
  return place.endsWith('/') ? target.startsWith(place) : target === place
}

function findBreach(rule: AreaRule, found: Import): string | undefined {
  const { from, target, specifier, isOurs, isTypeOnly } = found
  const line = `${from} imports ${specifier}`
  if (!isOurs) return isPackageAllowed(rule, target) ? undefined : `${line}: that package is not for this area`
  if (isWithin(target, homeOf(from))) return undefined
  if (rule.may.some((place) => isWithin(target, place))) return undefined
  const isTypePlace = (rule.types ?? []).some((place) => isWithin(target, place))
  if (isTypePlace) return isTypeOnly ? undefined : `${line}: only types may come from there (import type)`
  return `${line}: this area may import ${[...rule.may, ...(rule.types ?? [])].join(', ') || 'nothing of ours'}`
}

function isPackageAllowed(rule: AreaRule, name: string): boolean {
  if (/^(node:|bun(:|$))/.test(name)) return rule.runsIn === 'server'
  return rule.packages === 'any' || rule.packages.includes(name)
}

function ruleOf(file: SourceFile): AreaRule | undefined {
  return areaRules.find((rule) => rule.area.test(file.path))
}

describe('the layers', () => {
  test('hold: each area imports what the table allows', () => {
    const breaches = production.flatMap((file) => {
      const rule = ruleOf(file)
      if (!rule) return [`${file.path} belongs to no area`]
      return (importsOf.get(file.path) ?? [])
        .map((found) => findBreach(rule, found))
        .filter((breach) => breach !== undefined)
    })
    expect(breaches).toEqual([])
  })

  test('have no circles at run time', () => {
    expect(findCycles(productionImports)).toEqual([])
  })

  test('keep the supervisor for the command line', () => {
    const importers = productionImports
      .filter(
        ({ from, target }) =>
          target.startsWith('src/services/supervisor/') && homeOf(from) !== 'src/services/supervisor/',
      )
      .map(({ from }) => from)
    expect(importers.filter((path) => !path.startsWith('src/cli/'))).toEqual([])
  })

  test('never take a plugin from another plugin but through its api', () => {
    const breaches = productionImports.filter(
      ({ from, target, isOurs }) =>
        isOurs &&
        target.startsWith('plugins/') &&
        homeOf(from) !== homeOf(target) &&
        !/^plugins\/[^/]+\/api\/index\.ts$/.test(target),
    )
    expect(breaches.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([])
  })
})

describe('imports', () => {
  test('across areas are written #area/file.ts, inside one ./ or ../', () => {
    const topOf = (path: string) =>
      /^(src\/[\w-]+|plugins\/[\w-]+|projections\/[\w-]+|web\/[\w-]+|test)\//.exec(path)?.[0]
    const breaches = productionImports.filter(
      ({ from, specifier, target, isOurs }) =>
        isOurs &&
        specifier.startsWith('.') &&
        target !== 'package.json' &&
        (topOf(from) !== topOf(target) || specifier.includes('../../..')),
    )
    expect(breaches.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([])
  })

  test('resolve an alias by its longest pattern', () => {
    expect(resolveAlias('#kernel/ids.ts')).toBe('src/kernel/ids.ts')
    expect(resolveAlias('#web/sdk')).toBe('web/sdk/index.ts')
    expect(resolveAlias('#web/ui/button.tsx')).toBe('web/ui/button.tsx')
  })
})

describe('the doors', () => {
  const doors = [
    /^src\/plugin-api\/index\.ts$/,
    /^src\/testing\/index\.ts$/,
    /^plugins\/[^/]+\/api\/index\.ts$/,
    /^web\/(sdk|ui)\/index\.ts$/,
  ]

  test('are few: index.ts stands nowhere else', () => {
    const found = files.filter(({ path }) => /(^|\/)index\.tsx?$/.test(path)).map(({ path }) => path)
    expect(found.filter((path) => !doors.some((door) => door.test(path)))).toEqual([])
  })

  test('name what they show: no export *', () => {
    expect(files.filter(({ text }) => /^export \*/m.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('the map in src/README.md', () => {
  const map = readFileSync(join(projectFolder, 'src/README.md'), 'utf8')

  test('lists every area there is, and none that is not', () => {
    const listed = [...map.matchAll(/^\| `([\w-]+)\/` +\|/gm)].map(([, name]) => name ?? '')
    const present = readdirSync(join(projectFolder, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    expect(listed.toSorted()).toEqual(present.map(({ name }) => name).toSorted())
  })
})
