import { test } from 'bun:test'
import { testSeed } from '#testing/test-seed.ts'
import { runAgentQueue } from './agent-queue.ts'
import { runCompetingConsumers } from './competing-consumers.ts'
import { runEventStoreFuzz } from './event-store-fuzz.ts'
import { runFuzz } from './fuzz.ts'
import { runJobKills } from './job-kills.ts'
import { runKills } from './kills.ts'
import { runNoopKills } from './noop-kills.ts'
import { runOutbox } from './outbox/run-outbox.ts'
import { runOutboxBrowser } from './outbox-browser.ts'
import { runRebuildKills } from './rebuild-kills.ts'

/**
 * The short form of `bun run faults`, with the seed of this run of the tests; it is printed. Each has far more time than it takes:
 * what hangs is to end, and how long anything takes is up to the machine.
 */
const seedOf = (name: string): number => {
  const seed = testSeed()
  console.log(`${name}: seed ${seed}`)
  return seed
}

test('E4 S1 S2: kill -9 of any process loses nothing acknowledged, doubles nothing, and open pages go on by themselves', async () => {
  await runKills({ runs: 12, seed: seedOf('kills') })
}, 480_000)

test('E2 E3 E4: an agent cut off with a thousand actions, killed and restarted, delivers all of them, in order, once', async () => {
  await runAgentQueue({ runs: 1, seed: seedOf('agent-queue') })
}, 480_000)

test('P3 P4 O1: with logic, Postgres and the rebuilding process killed at random a rebuild goes on, and nobody reads a wrong row', async () => {
  await runRebuildKills({ runs: 3, seed: seedOf('rebuild-kills') })
}, 480_000)

test('S3 V4 V5: 2,000 malformed, oversized and unknown frames harm nobody', async () => {
  await runFuzz({ runs: 2_000, seed: seedOf('fuzz') })
}, 480_000)

test('W8: 2,000 hostile requests to every method of the event store harm nobody, and leave nothing behind', async () => {
  await runEventStoreFuzz({ runs: 2_000, seed: seedOf('event-store-fuzz') })
}, 480_000)

test('W7: with consumers and the event store killed at random every event is handled, none lost, and parked ones are listed', async () => {
  await runCompetingConsumers({ runs: 15, seed: seedOf('competing-consumers') })
}, 480_000)

test('E2 S2: with workers and logic killed at random every job has one outcome, and what it does by its key is done once', async () => {
  await runJobKills({ runs: 1, jobCount: 300, seed: seedOf('jobs') })
}, 480_000)

test('S1 S2: with services killed at random while the checks of noop run every check has a verdict that names who was away, and all is green again', async () => {
  await runNoopKills({ runs: 2, seed: seedOf('noop') })
}, 480_000)

test('E2 E3 E4: whatever happens between a tap and the log, nothing kept on a device is lost, doubled, out of order or stuck, and nobody is told otherwise', async () => {
  await runOutbox({ runs: 1_000, seed: seedOf('outbox') })
}, 1_200_000)

test('E2 E4: in a real browser, with tabs, browser, field and logic closed and killed, what was tapped takes effect once', async () => {
  await runOutboxBrowser({ runs: 3, seed: seedOf('outbox-browser') })
}, 480_000)
