/** The laws of the protocol once more, over TLS and by a caller who shows a password: each client and each runtime once. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'
import { allCases } from './all-cases.ts'
import { type Combination, type CombinationRun, combinations, runCombinations } from './combinations.ts'
import { type ConformanceCase, isForClient, whyOutOfReach } from './conformance-case.ts'
import { changeConnectionString } from './connection-strings.ts'

const password = randomBytes(9).toString('hex')
/** Nothing when another server than ours is asked. */
const tried = process.env.PEEK_TEST_EVENT_STORE ? [] : combinations.slice(0, 2)

let folder: string
let server: EventStoreServer
let runs: ReadonlyMap<Combination, CombinationRun>
let finished: Promise<void>

/** Asked as a foreign server would be. */
const judged = () => ({
  connectionString: changeConnectionString(server.connectionString, { user: `admin:${password}` }),
  isOurs: false,
})

beforeAll(async () => {
  // The path of the authority's certificate travels inside the connection string: blanks must survive that.
  folder = mkdtempSync(join(tmpdir(), 'event store tls-'))
  const users = { adminPassword: password, opsPassword: password }
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog, tls: { selfMade: folder }, users })
  const started = runCombinations(tried, {
    connectionString: judged().connectionString,
    prefix: `t${randomBytes(3).toString('hex')}`,
  })
  runs = started.runs
  finished = started.finished
})

afterAll(async () => {
  await finished
  await server.stop()
  rmSync(folder, { recursive: true })
})

for (const combination of tried)
  test(`every law holds over TLS for the ${combination.client} client under ${combination.runtime}`, async () => {
    const run = runs.get(combination)
    const isAsked = (each: ConformanceCase) =>
      isForClient(each, combination.client) && whyOutOfReach(each, judged()) === undefined
    const cases = allCases.filter(isAsked)
    const broken: string[] = []
    for (const { title } of cases) {
      const result = await run?.outcomeOf(title)
      if (result?.outcome !== 'held') broken.push(`${title}: ${result?.words ?? 'was not run'}`)
    }
    expect(broken).toEqual([])
    expect(cases.filter(({ asksUsers }) => asksUsers).length).toBeGreaterThan(10)
    expect(cases.length).toBeGreaterThan(200)
  }, 600_000)
