/** Style as a fast test: each rule finds a line and names what to write instead. */
import { describe, expect, test } from 'bun:test'
import { readSourceFiles, type SourceFile } from './support/source-files.ts'

type Rule = {
  readonly title: string
  readonly instead: string
  readonly pattern: RegExp
  readonly where: (file: SourceFile) => boolean
}

const files = readSourceFiles()
const lineCountMax = 350
/** A suite is a list: longer than that, look for its second subject. */
const suiteLineCountMax = 500
const isProduction = (file: SourceFile) => !file.isTest
const isUnder =
  (...places: string[]) =>
  (file: SourceFile) =>
    places.some((place) => file.path.startsWith(place))
const all = () => true
/** Rules must not find themselves. */
const self = 'test/tidy.test.ts'

const rules: readonly Rule[] = [
  {
    title: 'the environment is read in one place',
    instead: 'receive the value; add the variable to src/config/environment.ts',
    pattern: /\b(process|Bun|import\.meta)\.env\b/,
    where: (file) =>
      isProduction(file) &&
      !isUnder('src/cli/', 'web/build/')(file) &&
      file.path !== 'src/config/environment.ts' &&
      !file.path.endsWith('vite.config.ts'),
  },
  {
    title: 'nothing is any',
    instead: 'unknown and a parser',
    pattern: /\bas any\b|: any\b|<any>|as unknown as\b/,
    where: all,
  },
  {
    title: 'no error of the compiler is silenced',
    instead: 'the right type',
    pattern: /@ts-(ignore|nocheck)/,
    where: all,
  },
  {
    title: 'a value is not declared present with !',
    instead: "must(value, 'why it exists') of #kernel/assert.ts",
    pattern: /[\w)\]]!(\.|\[|;|,|\)|$)/,
    where: all,
  },
  {
    title: 'the console belongs to the command line',
    instead: 'the Log that is passed in',
    pattern: /\bconsole\.\w+\(/,
    where: (file) =>
      isUnder('src/', 'plugins/', 'projections/')(file) && isProduction(file) && !isUnder('src/cli/')(file),
  },
  {
    title: 'tests do not sleep',
    instead: 'await the condition, or advance a fake clock',
    // Looking again and again until a condition holds is fine, and so is letting others run once.
    pattern: /^(?!.*\bwhile \().*(\bBun\.sleep\((?!0\))|\bsetTimeout\()/,
    where: (file) => /\.test\.tsx?$/.test(file.path),
  },
  {
    title: 'a lost connection ends a transaction, not the process',
    instead: 'inTransaction of #storage/in-transaction.ts',
    pattern: /\bsql\.begin\(/,
    where: (file) => isProduction(file) && file.path !== 'src/storage/in-transaction.ts',
  },
  {
    // Modules that a page loads later have copies of what it started with: web/build/handed-on.ts.
    title: 'what a module of a page exports stays what it is',
    instead: 'export a function that tells it, or a signal',
    pattern: /^export (let|var)\b/,
    where: (file) => isProduction(file) && isUnder('web/', 'plugins/', 'src/')(file),
  },
  { title: 'tests replace no modules', instead: 'pass a fake in', pattern: /\bmock\.module\(/, where: all },
  {
    title: 'work is finished or not begun',
    instead: 'do it now, or leave it out',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    where: all,
  },
  {
    title: 'titles of tests say what is, not what should be',
    instead: 'the present tense: "refuses", "keeps"',
    pattern: /\b(test|it|describe)(\.\w+)?\(\s*(['"`])[^'"`]*\bshould\b/,
    where: (file) => file.isTest,
  },
  {
    title: 'nothing is exported by default',
    instead: 'a named export',
    pattern: /^export default\b/,
    where: (file) => !/vite\.config\.ts$/.test(file.path),
  },
  {
    title: 'numbers of timing and size carry their unit',
    instead: 'a name that ends in Ms, Seconds, Bytes or Count (and then Max or Min)',
    // Declared by us: properties set to a number may be the names of a library.
    pattern:
      /\b(const|let) \w*(timeout|delay|interval|duration|deadline|ttl)\s*=\s*\d|\b\w*(timeout|delay|interval|duration|deadline|ttl)\??:\s*number\b/i,
    where: (file) => isProduction(file) && isUnder('src/', 'plugins/', 'projections/', 'web/')(file),
  },
]

function findBreaches(rule: Rule): string[] {
  return files
    .filter((file) => file.path !== self && rule.where(file))
    .flatMap(({ path, text }) => {
      if (!new RegExp(rule.pattern, 'm').test(text)) return []
      const lines = text.split('\n').map((line, index) => ({ line, place: `${path}:${index + 1}` }))
      return lines
        .filter(({ line }) => rule.pattern.test(withoutTexts(line, rule)))
        .map(({ line, place }) => `${place}: ${line.trim()}`)
    })
}

/** A sentence may hold a "!" at its end, and a comment may speak about anything. */
function withoutTexts(line: string, rule: Rule): string {
  if (
    rule.pattern.source.includes('should') ||
    rule.pattern.source.includes('TODO') ||
    rule.pattern.source.includes('@ts')
  )
    return line
  return line
    .replace(/^\s*(\/\/|\/?\*).*$/, '')
    .replace(/'[^']*'|"[^"]*"|`[^`]*`/g, "''")
    .replace(/\s\/\/ .*$/, '')
}

describe('the sources', () => {
  test.each(rules.map((rule) => [rule.title, rule] as const))('%s', (_title, rule) => {
    const breaches = findBreaches(rule)
    expect(breaches.map((breach) => `${breach}   -> instead: ${rule.instead}`)).toEqual([])
  })

  test('fit on a few screens', () => {
    const isSuite = (file: SourceFile) => file.isTest || file.path.startsWith('src/testing/')
    const tooLong = files
      .map((file) => ({
        path: file.path,
        count: file.text.split('\n').length - 1,
        max: isSuite(file) ? suiteLineCountMax : lineCountMax,
      }))
      .filter(({ count, max }) => count > max)
    expect(
      tooLong.map(
        ({ path, count, max }) => `${path}: ${count} lines, at most ${max}   -> instead: look for its second idea`,
      ),
    ).toEqual([])
  })

  test('begin with what they are: every file of src but the smallest has a doc comment', () => {
    const lineCountMin = 40
    const silent = files.filter(
      ({ path, text, isTest }) =>
        path.startsWith('src/') && !isTest && text.split('\n').length > lineCountMin && !text.includes('/**'),
    )
    expect(silent.map(({ path }) => `${path}   -> instead: say what it is, promises and needs`)).toEqual([])
  })
})
