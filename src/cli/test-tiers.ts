/** The tiers of the tests: what each runs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from './project-folder.ts'

export type TierStep = {
  readonly title: string
  /** Arguments of this Bun. */
  readonly args: readonly string[]
  /** A check passes or fails as a whole; tests are counted by their own summary. */
  readonly kind: 'check' | 'tests'
}

export type Tier = {
  readonly words: string
  readonly steps: () => readonly TierStep[]
  /** Started stores, which are stopped after all tiers. */
  readonly usesStores: boolean
  /** Shows the real apps, which must be built before. */
  readonly usesWeb: boolean
}

const binary = (name: string): string => join(projectFolder, 'node_modules', '.bin', name)
const present = (paths: readonly string[]): string[] => paths.filter((path) => existsSync(join(projectFolder, path)))
/** Of one test that names none itself. Bun knows no such key in bunfig.toml. */
const testTimeoutMs = 30_000
const tests = (title: string, args: readonly string[]): TierStep => ({
  title,
  args: ['test', `--timeout=${testTimeoutMs}`, ...args],
  kind: 'tests',
})

const webPreload = './web/build/test-preload.ts'

export const tiers: Readonly<Record<string, Tier>> = {
  check: {
    words: 'types and style',
    usesStores: false,
    usesWeb: false,
    steps: () => [
      { title: 'types (tsc)', args: ['--bun', 'run', binary('tsc'), '--noEmit'], kind: 'check' },
      { title: 'style (biome)', args: ['run', binary('biome'), 'ci', '--colors=off', '.'], kind: 'check' },
    ],
  },
  unit: {
    words: 'everything that needs nothing running',
    usesStores: false,
    usesWeb: false,
    steps: () => [
      tests('unit', [
        ...present(['./src', './plugins', './projections']),
        './test/architecture.test.ts',
        './test/event-types.test.ts',
        './test/tidy.test.ts',
      ]),
      tests('web', ['--conditions=browser', '--preload', webPreload, './web']),
    ],
  },
  integration: {
    words: 'with real stores and processes',
    usesStores: true,
    usesWeb: false,
    steps: () => [
      tests('integration', ['./test/integration']),
      tests('conformance of the event store', ['./test/conformance']),
    ],
  },
  e2e: {
    words: 'with a real browser',
    usesStores: true,
    usesWeb: true,
    steps: () => [tests('e2e', ['./test/e2e'])],
  },
  faults: {
    words: 'kills things, a short run',
    usesStores: true,
    usesWeb: true,
    steps: () => [tests('faults', ['./test/faults'])],
  },
}
