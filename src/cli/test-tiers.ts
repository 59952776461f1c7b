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
  /** About how long it takes on two cores beside others: of several the longest begins first. */
  readonly minutes: number
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
/** Where stores, processes and browsers are waited for: nothing is proved by how long a busy machine takes. */
const waitingTestTimeoutMs = 120_000
const tests = (title: string, minutes: number, args: readonly string[]): TierStep => ({
  title,
  args: ['test', `--timeout=${testTimeoutMs}`, ...args],
  kind: 'tests',
  minutes,
})
const waitingTests = (title: string, minutes: number, args: readonly string[]): TierStep => ({
  title,
  args: ['test', `--timeout=${waitingTestTimeoutMs}`, ...args],
  kind: 'tests',
  minutes,
})
const check = (title: string, args: readonly string[]): TierStep => ({ title, args, kind: 'check', minutes: 0.2 })

/** Long enough for steps of their own. */
const killedUnderChecks = 'test/integration/noop.test.ts'
const faultsOfAll = 'test/faults/faults.test.ts'
const without = (path: string): string => `--path-ignore-patterns=${path}`

const webPreload = './web/build/test-preload.ts'

export const tiers: Readonly<Record<string, Tier>> = {
  check: {
    words: 'types and style',
    usesStores: false,
    usesWeb: false,
    steps: () => [
      check('types (tsc)', ['--bun', 'run', binary('tsc'), '--noEmit']),
      check('style (biome)', ['run', binary('biome'), 'ci', '--colors=off', '.']),
    ],
  },
  unit: {
    words: 'everything that needs nothing running',
    usesStores: false,
    usesWeb: false,
    steps: () => [
      tests('unit', 1, [
        ...present(['./src', './plugins', './projections']),
        './test/architecture.test.ts',
        './test/docs.test.ts',
        './test/event-types.test.ts',
        './test/tidy.test.ts',
      ]),
      tests('web', 0.3, ['--conditions=browser', '--preload', webPreload, './web']),
    ],
  },
  integration: {
    words: 'with real stores and processes',
    usesStores: true,
    // Platforms that its tests start show them.
    usesWeb: true,
    steps: () => [
      waitingTests('integration', 7.2, [without(killedUnderChecks), './test/integration']),
      waitingTests('checks of noop', 1.4, [`./${killedUnderChecks}`]),
      waitingTests('conformance of the event store', 1.3, ['./test/conformance']),
    ],
  },
  e2e: {
    words: 'with a real browser',
    usesStores: true,
    usesWeb: true,
    steps: () => [waitingTests('e2e', 9, ['./test/e2e'])],
  },
  faults: {
    words: 'kills things, a short run',
    usesStores: true,
    usesWeb: true,
    steps: () => [
      waitingTests('faults', 5, [`./${faultsOfAll}`]),
      waitingTests('faults of parts', 0.5, [without(faultsOfAll), './test/faults']),
    ],
  },
}
