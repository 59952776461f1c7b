/** The tutorial in docs/tutorial is true: its code is that of files, and what a reader has after each chapter compiles and runs. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { must } from '#kernel/assert.ts'
import { silentLog } from '#kernel/log.ts'
import type { PartService } from '#plugin-api/define-plugin.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { importPlugin } from '#plugin-host/import-plugin.ts'
import { loadLogicParts } from '#plugin-host/load-plugins.ts'
import { checkEventTypes } from '#testing'
import { version as platform } from '../package.json'
import { projectFolder } from './support/source-files.ts'
import { refreshBlocks, showChange } from './support/tutorial/code-blocks.ts'
import { listTutorialStates, tutorialFolder, tutorialPlugin, writeTutorialStates } from './support/tutorial/states.ts'

const processTimeoutMs = 120_000
const isWriting = process.env.PEEK_WRITE_DOCS === '1'
const states = listTutorialStates()
const pages = readdirSync(tutorialFolder).filter((name) => name.endsWith('.md'))
const read = (page: string): string => readFileSync(join(tutorialFolder, page), 'utf8')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-tutorial-'))
  writeTutorialStates(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the text', () => {
  test.each(pages)('%s shows code as its files have it (PEEK_WRITE_DOCS=1 brings it up to date)', (page) => {
    const { text, faults } = refreshBlocks(read(page))
    if (isWriting) writeFileSync(join(tutorialFolder, page), text)
    expect(faults).toEqual([])
    expect(read(page)).toBe(text)
  })

  test('shows every file of every step: who follows it lacks none', () => {
    const shown = new Set(pages.flatMap((page) => refreshBlocks(read(page)).files))
    const present = [...new Bun.Glob('{steps,solutions}/**/*').scanSync({ cwd: tutorialFolder })]
    expect(present.filter((file) => !shown.has(file))).toEqual([])
  })

  test('leads nowhere that is not there', () => {
    const lost = pages.flatMap((page) =>
      [...withoutCode(read(page)).matchAll(/\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g)]
        .map(([, path = '']) => resolve(tutorialFolder, dirname(page), path))
        .filter((path) => !existsSync(path))
        .map((path) => `${page}: ${path}`),
    )
    expect(lost).toEqual([])
  })

  test('shows a change with the lines around it, and what is left out as a gap', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const after = ['a', 'b', 'c', 'D', 'e', 'f', 'g', 'h', 'i']
    expect(showChange(before, after)).toEqual(['  b', '  c', '- d', '+ D', '  e', '  f', '  g', '  h', '+ i'])
    expect(showChange(before, ['A', ...before.slice(1)])).toEqual(['- a', '+ A', '  b', '  c', '  …'])
  })
})

describe('what a reader has', () => {
  test(
    'compiles after every chapter and every exercise',
    () =>
      expect(runHere(['run', '--bun', join(projectFolder, 'node_modules/.bin/tsc'), '--noEmit', '-p', folder])).toEqual(
        good,
      ),
    processTimeoutMs,
  )

  test.each(states.map(({ name }) => name))('loads after %s, every part of it', async (name) => {
    const complaints: string[] = []
    const log = {
      ...silentLog,
      warning: (words: string) => complaints.push(words),
      error: (words: string) => complaints.push(words),
    }
    const found = discoverPlugins({ folder: join(folder, name), enabled: [tutorialPlugin], platform, log })
    const [loaded] = await loadLogicParts(found, log)
    expect(complaints).toEqual([])
    const { parts } = await importPlugin(must(found[0], 'it is in that folder'))
    for (const service of Object.keys(parts))
      expect(await parts[service as PartService]?.()).toMatchObject({ kind: service })
    const list = join(folder, name, tutorialPlugin, 'event-types.json')
    if (loaded?.logic && existsSync(list)) checkEventTypes(loaded.logic, list, { isWriting: false })
  })

  test(
    'passes its tests, at the end of the chapters and with all exercises',
    () => {
      const ends = [states.findLast(({ name }) => name.startsWith('steps/')), states.at(-1)]
      for (const end of ends) expect(runHere(['test', join(folder, end?.name ?? '')])).toEqual(good)
    },
    processTimeoutMs,
  )
})

test(
  'has screens at the end that build as those of any plugin',
  () => {
    const name = states.at(-1)?.name ?? ''
    cpSync(join(folder, name), join(folder, 'project/plugins'), { recursive: true })
    // In a process of its own, as a service does it: a bundler leaves much behind.
    const script = `
      import { buildPlugin } from ${webBuild('build-plugin.ts')}
      import { readPluginFolders } from ${webBuild('plugin-folders.ts')}
      import { createCompiledFiles } from ${webBuild('solid-transform.ts')}
      import { silentLog as log } from '#kernel/log.ts'
      const [plugin] = await readPluginFolders(${JSON.stringify(join(folder, 'project'))})
      const outDir = ${JSON.stringify(join(folder, 'built'))}
      const root = ${JSON.stringify(projectFolder)}
      await buildPlugin({ plugin, root, outDir, compiled: createCompiledFiles(), sources: new Set(), log })`
    expect(runHere(['-e', script], join(projectFolder, 'web/build'))).toEqual(good)
    const built = readdirSync(join(folder, 'built/plugins', tutorialPlugin)).filter((file) => file.endsWith('.js'))
    for (const screen of ['field-string-ints', 'office-string-ints', 'admin-totals', 'admin-send-tasks'])
      expect(built.some((file) => file.startsWith(screen))).toBe(true)
  },
  processTimeoutMs,
)

const webBuild = (file: string): string => JSON.stringify(join(projectFolder, 'web/build', file))
const good = { code: 0, words: '' }

const withoutCode = (text: string): string => text.replace(/^```.*?^```$/gms, '')

/** What a process said is told only when it failed. */
function runHere(args: readonly string[], cwd = folder): { readonly code: number; readonly words: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, ...args], { cwd })
  return { code: exitCode, words: exitCode === 0 ? '' : `${stdout}${stderr}`.slice(-4_000) }
}
