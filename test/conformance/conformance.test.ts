/**
 * The laws of the event store protocol, judged by both official clients under Bun and under Node.
 *
 * Our server is started and asked. To ask another one, say where it is:
 * `PEEK_TEST_EVENT_STORE='kurrentdb://admin:changeit@host:2113?tls=true' bun test --timeout=300000 test/conformance`;
 * cases that need a server of their own are then skipped, with their reason, and so are those about users without TLS. `PEEK_TEST_CASES=words` runs only the cases
 * whose titles contain them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'
import { allCases } from './all-cases.ts'
import { type Combination, type CombinationRun, combinations, runCombinations } from './combinations.ts'
import { isForClient, whyOutOfReach } from './conformance-case.ts'

const foreignServer = process.env.PEEK_TEST_EVENT_STORE
const only = process.env.PEEK_TEST_CASES
const serverEntry = join(import.meta.dir, '../../src/event-store-server/main.ts')
/** A test waits for its case, which waits for its turn. */
const turnMsMax = 600_000

let server: EventStoreServer | undefined
let runs: ReadonlyMap<Combination, CombinationRun> = new Map()
let finished: Promise<void> = Promise.resolve()

beforeAll(async () => {
  if (!foreignServer) server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  const started = runCombinations(combinations, {
    connectionString: foreignServer ?? server?.connectionString ?? '',
    prefix: `c${randomBytes(3).toString('hex')}`,
    ...(foreignServer ? {} : { ownServer: { bunPath: process.execPath, serverEntry } }),
    ...(only ? { only } : {}),
  })
  runs = started.runs
  finished = started.finished
})

afterAll(async () => {
  await finished
  await server?.stop()
})

for (const combination of combinations) {
  const { client, runtime } = combination
  describe(`${client} client under ${runtime}:`, () => {
    for (const each of allCases.filter((known) => isForClient(known, client) && known.title.includes(only ?? ''))) {
      const judged = { connectionString: foreignServer ?? '', isOurs: foreignServer === undefined }
      const reason = whyOutOfReach(each, judged)
      const title = reason === undefined ? each.title : `${each.title} (not asked: ${reason})`
      test.skipIf(reason !== undefined)(
        title,
        async () => {
          const result = await runs.get(combination)?.outcomeOf(each.title)
          if (result?.outcome !== 'held') throw new Error(result?.words ?? 'The case was not run.')
        },
        turnMsMax,
      )
    }

    test(
      'nothing fails outside of the cases',
      async () => {
        const titles = allCases.filter((each) => isForClient(each, client)).map(({ title }) => title)
        expect(new Set(titles).size).toBe(titles.length)
        await runs.get(combination)?.ended
        expect(runs.get(combination)?.faults).toEqual([])
      },
      turnMsMax,
    )
  })
}
