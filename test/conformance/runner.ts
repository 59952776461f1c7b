/**
 * Runs all cases with one client in this process, several at a time, and prints a line of JSON for each when it is over.
 *
 * Promises: every case has an outcome, at its own deadline at the latest; what a case started is stopped after it. Clients
 * are closed when all cases are over, and cases that break connections run last and alone: the older client keeps what it
 * waits for in one place for all its instances, so one that loses its connection makes the others forget their appends.
 */
import { randomUUID } from 'node:crypto'
import { allCases } from './all-cases.ts'
import type { CaseOutcome, RunnerLine, RunnerOrder } from './case-outcome.ts'
import { type CaseContext, type ConformanceCase, isForClient, whyOutOfReach } from './conformance-case.ts'
import type { ClientKind, ConformanceClient, OpenClient } from './conformance-client.ts'
import { changeConnectionString, credentialsOf, toSchemeOf } from './connection-strings.ts'
import { type SecureServer, startSecureServer, startServerOfACase } from './server-of-a-case.ts'

const casesAtOnce = 8
/** Generous: it matters only to what is broken, and the machine may be busy. */
const defaultDeadlineMs = 120_000
/** Clients wait ten seconds for an answer and for a sign of life, unless they are told otherwise. */
const patience = 'defaultDeadline=60000&keepAliveTimeout=60000'

type Run = {
  readonly order: RunnerOrder
  readonly client: ConformanceClient
  readonly openClient: OpenClient
  getSecureServer(): Promise<SecureServer>
}

export async function runConformance(kind: ClientKind, openClient: OpenClient): Promise<void> {
  const order: RunnerOrder = JSON.parse(process.argv[2] ?? '{}')
  const print = (line: RunnerLine) => process.stdout.write(`${JSON.stringify(line)}\n`)
  process.on('uncaughtException', (error) => print({ fault: describe(error) }))
  process.on('unhandledRejection', (error) => print({ fault: describe(error) }))

  const clients: ConformanceClient[] = []
  const openAnother: OpenClient = (connectionString) => {
    const opened = openClient(toSchemeOf(kind, changeConnectionString(connectionString, { query: patience })))
    clients.push(opened)
    return opened
  }
  let secureServer: Promise<SecureServer> | undefined
  const run: Run = {
    order,
    client: openAnother(order.connectionString),
    openClient: openAnother,
    getSecureServer: () => (secureServer ??= findSecureServer(order)),
  }
  const perform = async (cases: ConformanceCase[]) => {
    for (let next = cases.shift(); next; next = cases.shift()) print(await runCase(next, run))
  }
  const all = allCases.filter((each) => isToRun(each, kind, order))
  const crowd = all.filter((each) => each.breaksConnections === undefined)
  await Promise.all(Array.from({ length: casesAtOnce }, () => perform(crowd)))
  await perform(all.filter((each) => each.breaksConnections !== undefined))
  for (const each of clients) await within(2_000, each.calls.dispose()).catch(() => undefined)
  await secureServer?.then((server) => server.stop())
  process.exit(0)
}

function isToRun(given: ConformanceCase, kind: ClientKind, order: RunnerOrder): boolean {
  const { connectionString, ownServer } = order
  const isInReach = whyOutOfReach(given, { connectionString, isOurs: ownServer !== undefined }) === undefined
  return isInReach && isForClient(given, kind) && given.title.includes(order.only ?? '')
}

async function runCase(given: ConformanceCase, run: Run): Promise<CaseOutcome> {
  const { title, deadlineMs = defaultDeadlineMs } = given
  const cleanUps: (() => unknown)[] = []
  const startedAt = performance.now()
  const tookMs = () => Math.round(performance.now() - startedAt)
  try {
    await within(deadlineMs, given.body(createContext(run, cleanUps)))
    return { title, outcome: 'held', tookMs: tookMs() }
  } catch (error) {
    return { title, outcome: 'broken', words: describe(error), tookMs: tookMs() }
  } finally {
    for (const cleanUp of cleanUps.reverse())
      await within(5_000, Promise.resolve().then(cleanUp)).catch(() => undefined)
  }
}

function createContext({ order, client, openClient, getSecureServer }: Run, cleanUps: (() => unknown)[]): CaseContext {
  const newWord = () => `${order.prefix}${randomUUID().replaceAll('-', '').slice(0, 12)}`
  return {
    client,
    connectionString: order.connectionString,
    openClient: ({ server = order, ...change } = {}) =>
      openClient(changeConnectionString(server.connectionString, change)),
    newWord,
    newStream: (category = 'order') => `${category}${newWord()}-1`,
    newGroup: () => `group-${newWord()}`,
    admin: credentialsOf(order.connectionString),
    async startServer() {
      const server = await startServerOfACase(ownServerOf(order))
      cleanUps.push(() => server.stop())
      return server
    },
    getSecureServer,
    onEnd: (cleanUp) => cleanUps.push(cleanUp),
  }
}

/** One of our own, or the foreign one itself. */
async function findSecureServer({ ownServer, connectionString }: RunnerOrder): Promise<SecureServer> {
  if (ownServer) return startSecureServer(ownServer)
  return {
    connectionString: changeConnectionString(connectionString, { user: '' }),
    admin: credentialsOf(connectionString),
    stop: async () => undefined,
  }
}

function ownServerOf({ ownServer }: RunnerOrder): NonNullable<RunnerOrder['ownServer']> {
  if (!ownServer) throw new Error('A case that needs a server of ours says so: ownServerOnly.')
  return ownServer
}

async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It was not over after ${deadlineMs} ms.`)), deadlineMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
