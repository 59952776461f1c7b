/** `bun run faults [name] [--runs N] [--seed S] [--verbose]`: breaks the platform on purpose and checks that nothing was lost. */
import { parseArgs } from 'node:util'
import { runAgentQueue } from './agent-queue.ts'
import { runCompetingConsumers } from './competing-consumers.ts'
import { runEventStoreCrashes } from './event-store-crashes.ts'
import { runEventStoreFuzz } from './event-store-fuzz.ts'
import { runFuzz } from './fuzz.ts'
import { runJobKills } from './job-kills.ts'
import { runKills } from './kills.ts'
import { runNoopKills } from './noop-kills.ts'
import { runOutbox } from './outbox/run-outbox.ts'
import { runOutboxBrowser } from './outbox-browser.ts'
import { runRebuildKills } from './rebuild-kills.ts'

const faults: {
  readonly [name: string]: {
    words: string
    runs: number
    run: (options: { runs: number; seed: number; verbose: boolean }) => Promise<void>
  }
} = {
  kills: { words: 'kill -9 of any process while people tap', runs: 200, run: runKills },
  'agent-queue': {
    words: 'an agent cut off with a thousand actions; kill -9 of it, logic and the event store while it delivers them',
    runs: 20,
    run: runAgentQueue,
  },
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
  jobs: {
    words: 'kill -9 of workers and of logic while 10,000 jobs a run are carried out',
    runs: 50,
    run: runJobKills,
  },
  noop: {
    words: 'kill -9 of logic, field, office, the agent and two workers while the checks of noop run',
    runs: 60,
    run: runNoopKills,
  },
  outbox: {
    words: 'drops, cuts, kills, full disks, wrong clocks and upgrades between a tap and the log, in virtual time',
    runs: 10_000,
    run: runOutbox,
  },
  'outbox-browser': {
    words: 'the same in a real browser: offline, tabs and browser closed, kill -9 of field and logic',
    runs: 30,
    run: runOutboxBrowser,
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
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  console.log('bun run faults [name] [--runs N] [--seed S] [--verbose]\n\nWith --verbose outbox tells every step.\n')
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
  await fault.run({ runs, seed, verbose: values.verbose })
}
process.exit(0)
