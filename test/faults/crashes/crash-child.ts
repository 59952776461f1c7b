/**
 * One life of a crash scenario: works on the file until it kills itself at the step it was given, or is killed.
 * Tells on its output, and synchronously, so that nothing told is lost with the process.
 */
import { readFileSync, writeSync } from 'node:fs'
import type { Step } from '#event-store-server/step.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { crashScenarios } from './crash-scenarios.ts'

export type ChildOptions = {
  readonly scenario: string
  readonly file: string
  readonly toldFile: string
  readonly seed: number
  readonly life: number
  /** Undefined: somebody else will kill it. */
  readonly step: Step | undefined
  readonly passes: number
}

const options: ChildOptions = JSON.parse(process.argv[2] ?? '{}')
const scenario = crashScenarios[options.scenario]
if (!scenario) throw new Error(`There is no crash scenario "${options.scenario}".`)

let passesLeft = options.passes
await scenario.work({
  file: options.file,
  seed: options.seed,
  random: createSeededRandom(options.seed * 31 + options.life),
  told: readFileSync(options.toldFile, 'utf8').split('\n').slice(0, -1),
  tell: (line) => {
    writeSync(1, `${line}\n`)
  },
  onStep: (step) => {
    if (step === options.step && --passesLeft === 0) process.kill(process.pid, 'SIGKILL')
  },
})
