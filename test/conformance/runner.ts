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
import { type CaseContext, type ConformanceCase, isForClient } from './conformance-case.ts'
import type { ClientKind, ConformanceClient, OpenClient } from './conformance-client.ts'
import { changeConnectionString, credentialsOf, toSchemeOf } from './connection-strings.ts'
import { startServerOfACase } from './server-of-a-case.ts'

const casesAtOnce = 16
/** Generous: it matters only to what is broken, and the machine may be busy. */
const defaultDeadlineMs = 45_000

export async function runConformance(kind: ClientKind, openClient: OpenClient): Promise<void> {
  const order: RunnerOrder = JSON.parse(process.argv[2] ?? '{}')
  const print = (line: RunnerLine) => process.stdout.write(`${JSON.stringify(line)}\n`)
  process.on('uncaughtException', (error) => print({ fault: describe(error) }))
  process.on('unhandledRejection', (error) => print({ fault: describe(error) }))

  const client = openClient(toSchemeOf(kind, order.connectionString))
  const waiting = allCases.filter(
    (each) =>
      isForClient(each, kind) &&
      (order.ownServer !== undefined || each.ownServerOnly === undefined) &&
      each.title.includes(order.only ?? ''),
  )
  const clients = [client]
  const openAnother: OpenClient = (connectionString) => {
    const opened = openClient(connectionString)
    clients.push(opened)
    return opened
  }
  const run = async (cases: ConformanceCase[]) => {
    for (let next = cases.shift(); next; next = cases.shift()) print(await runCase(next, order, client, openAnother))
  }
  const crowd = waiting.filter((each) => each.breaksConnections === undefined)
  await Promise.all(Array.from({ length: casesAtOnce }, () => run(crowd)))
  await run(waiting.filter((each) => each.breaksConnections !== undefined))
  for (const each of clients) await within(2_000, each.calls.dispose()).catch(() => undefined)
  process.exit(0)
}

async function runCase(
  conformanceCase: ConformanceCase,
  order: RunnerOrder,
  client: ConformanceClient,
  openClient: OpenClient,
): Promise<CaseOutcome> {
  const { title, deadlineMs = defaultDeadlineMs } = conformanceCase
  const cleanUps: (() => unknown)[] = []
  const startedAt = performance.now()
  const tookMs = () => Math.round(performance.now() - startedAt)
  try {
    await within(deadlineMs, conformanceCase.body(createContext(order, client, openClient, cleanUps)))
    return { title, outcome: 'held', tookMs: tookMs() }
  } catch (error) {
    return { title, outcome: 'broken', words: describe(error), tookMs: tookMs() }
  } finally {
    for (const cleanUp of cleanUps.reverse())
      await within(5_000, Promise.resolve().then(cleanUp)).catch(() => undefined)
  }
}

function createContext(
  order: RunnerOrder,
  client: ConformanceClient,
  openClient: OpenClient,
  cleanUps: (() => unknown)[],
): CaseContext {
  const newWord = () => `${order.prefix}${randomUUID().replaceAll('-', '').slice(0, 12)}`
  return {
    client,
    openClient: ({ server, ...change } = {}) =>
      openClient(
        toSchemeOf(client.kind, changeConnectionString(server?.connectionString ?? order.connectionString, change)),
      ),
    newWord,
    newStream: (category = 'order') => `${category}${newWord()}-1`,
    newGroup: () => `group-${newWord()}`,
    admin: credentialsOf(order.connectionString),
    async startServer() {
      if (!order.ownServer) throw new Error('A case that starts servers says so: ownServerOnly.')
      const server = await startServerOfACase(order.ownServer)
      cleanUps.push(() => server.stop())
      return server
    },
    onEnd: (cleanUp) => cleanUps.push(cleanUp),
  }
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
