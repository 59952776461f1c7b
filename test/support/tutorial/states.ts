/**
 * The plugin that docs/tutorial builds, as it is after each chapter and after each solved exercise.
 *
 * `steps/<n>-<name>` and then `solutions/<n>-<name>` hold only what is new or changed there: each lies on all before it.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../source-files.ts'

export const tutorialFolder = join(projectFolder, 'docs/tutorial')
export const tutorialPlugin = 'learning'

export type TutorialState = {
  /** `steps/3-rows`: what is new in it lies there. */
  readonly name: string
  /** Those before it, the first one first, and its own. */
  readonly layers: readonly string[]
}

export function listTutorialStates(): readonly TutorialState[] {
  const names = ['steps', 'solutions'].flatMap((kind) => {
    const folder = join(tutorialFolder, kind)
    const found = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+-/.test(name)) : []
    return found.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((name) => `${kind}/${name}`)
  })
  return names.map((name, index) => ({ name, layers: names.slice(0, index + 1) }))
}

/** The file of a layer as it was in the layers before; undefined when it is new there. */
export function findEarlier(layer: string, path: string): string | undefined {
  const state = listTutorialStates().find(({ name }) => name === layer)
  const before = state?.layers.slice(0, -1) ?? []
  return before.map((name) => join(tutorialFolder, name, path)).findLast(existsSync)
}

/** Writes the plugin of each state to `<folder>/<state>/learning`, where it compiles and runs like one in `plugins/`. */
export function writeTutorialStates(folder: string, states = listTutorialStates()): void {
  mkdirSync(folder, { recursive: true })
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'))
  const config = {
    extends: join(projectFolder, 'tsconfig.json'),
    compilerOptions: { typeRoots: [join(projectFolder, 'node_modules/@types')] },
    include: ['steps', 'solutions'],
    exclude: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  for (const { name, layers } of states)
    for (const layer of layers)
      cpSync(join(tutorialFolder, layer), join(folder, name, tutorialPlugin), { recursive: true })
}
