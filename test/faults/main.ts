/** `bun run faults [name] [--runs N] [--seed S]`: breaks the platform on purpose and checks that nothing was lost. */
import { parseArgs } from 'node:util'
import { runCompetingConsumers } from './competing-consumers.ts'
import { runEventStoreCrashes } from './event-store-crashes.ts'
import { runEventStoreFuzz } from './event-store-fuzz.ts'
import { runFuzz } from './fuzz.ts'
import { runKills } from './kills.ts'
import { runRebuildKills } from './rebuild-kills.ts'

const faults: {
  readonly [name: string]: {
    words: string
    runs: number
    run: (options: { runs: number; seed: number }) => Promise<void>
  }
} = {
  kills: { words: 'kill -9 of any process while people tap', runs: 200, run: runKills },
  'event-store-crashes': { words: 'kill -9 of the event store at each step', runs: 1_000, run: runEventStoreCrashes },
  'competing-consumers': {
    words: 'kill -9 of consumers of persistent subscriptions, and of the event store',
    runs: 200,
    run: runCompetingConsumers,
  },
  'rebuild-kills': {
    words: 'kill -9 of logic, Postgres and the rebuilding process while a read model is rebuilt',
    runs: 100,
    run: runRebuildKills,
  },
  fuzz: { words: 'malformed, oversized and unknown frames', runs: 20_000, run: runFuzz },
  'event-store-fuzz': {
    words: "hostile requests to every method of the event store's port",
    runs: 50_000,
    run: runEventStoreFuzz,
  },
}

const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: { runs: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help) {
  console.log('bun run faults [name] [--runs N] [--seed S]\n')
  for (const [name, fault] of Object.entries(faults))
    console.log(`  ${name.padEnd(20)} ${fault.words} (${fault.runs} runs)`)
  process.exit(0)
}
const names = positionals.length > 0 ? positionals : Object.keys(faults)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
for (const name of names) {
  const fault = faults[name]
  if (!fault) throw new Error(`There is no fault "${name}": there are ${Object.keys(faults).join(', ')}.`)
  const runs = values.runs === undefined ? fault.runs : Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs takes a whole number from 1, found "${values.runs}".`)
  console.log(JSON.stringify({ fault: name, runs, seed }))
  await fault.run({ runs, seed })
}
process.exit(0)
