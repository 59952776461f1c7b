/**
 * Cuts an agent off while it collects actions, kills it, logic and the event store at random, mends the link, and checks
 * afterwards: all that the agent acknowledged is in the log, in the order it was put, once, under the agent's own name,
 * and so is what a second agent did meanwhile.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findStoreAddresses } from '#config/stores-file.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { entityStream } from '#event-store/stream-name.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne, type Random, systemRandom } from '#kernel/random.ts'
import { type CuttableLink, openCuttableLink } from '#support/cuttable-link.ts'
import { connectDevice } from '#support/device.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { type AgentProcess, startAgent } from './agents/start-agent.ts'
import { within } from './kills.ts'
import { addStringInt } from './tapping.ts'

const rowCount = 8
const actionCount = 1_000
const neighbourCount = 100
const settleMs = 120_000
const blowCountMax = 12
type Put = { readonly id: string; readonly row: string }

export async function runAgentQueue(options: { runs: number; seed: number }): Promise<void> {
  const random = createSeededRandom(options.seed)
  // Whatever fails, what was started ends, the last one first.
  await using started = new AsyncDisposableStack()
  const makeFolder = (prefix: string): string => {
    const folder = makeHome(prefix)
    started.defer(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }
  const home = makeFolder('peek-agent-queue-')
  const environment = await freePorts()
  const platform = await startPlatform({ home, environment })
  started.defer(() => platform.stop())
  const linkPort = Number(environment.PEEK_SERVICE_LINK_PORT)
  const link = await openCuttableLink({ host: '127.0.0.1', port: linkPort })
  started.defer(() => link.close())
  const { PEEK_AGENT_PORT: agentPort, PEEK_FIELD_PORT: neighbourPort } = await freePorts()
  const secret = readSecret(home)
  // With a link that holds: what it puts on the same rows goes on meanwhile.
  const neighbour = await startAgent({
    home: makeFolder('peek-agent-'),
    name: 'mill',
    port: Number(neighbourPort),
    link: { port: linkPort, secret },
  })
  started.defer(() => neighbour.kill())
  const agentOptions = {
    home: makeFolder('peek-agent-'),
    name: 'pump-house',
    port: Number(agentPort),
    link: { port: link.port, secret },
  }
  const agent = { now: await startAgent(agentOptions) }
  started.defer(() => agent.now.kill())
  const restart = async (): Promise<void> => {
    await agent.now.kill()
    agent.now = await startAgent(agentOptions)
  }
  const rows = await addRows(platform.url('field'))
  const put: Put[] = []
  const putByNeighbour: Put[] = []
  for (let run = 1; run <= options.runs; run++) {
    const startedAt = performance.now()
    const batch = Array.from({ length: neighbourCount }, () => ({ id: newUuid(), row: pickOne(random, rows) }))
    await neighbour.put(batch)
    putByNeighbour.push(...batch)
    const blows = await cutAndCollect({ random, rows, put, platform, link, agent, restart })
    console.log(JSON.stringify({ run, put: put.length, ...blows, ms: Math.round(performance.now() - startedAt) }))
  }
  await within(settleMs, untilThrough(neighbour), 'the neighbour is through')
  await checkLog(home, rows, 'agent:pump-house', put)
  await checkLog(home, rows, 'agent:mill', putByNeighbour)
  console.log(
    JSON.stringify({
      fault: 'agent-queue',
      runs: options.runs,
      seed: options.seed,
      put: put.length,
      lost: 0,
      doubled: 0,
    }),
  )
}

/** One time away: cut, collect a thousand with the agent killed now and then, mend, and blows until all are through. */
async function cutAndCollect(scene: {
  random: Random
  rows: readonly string[]
  put: Put[]
  platform: Platform
  link: CuttableLink
  agent: { readonly now: AgentProcess }
  restart: () => Promise<void>
}): Promise<{ agentKills: number; logicKills: number; storeKills: number; cuts: number }> {
  const { random, rows, put, platform, link, agent, restart } = scene
  const blows = { agentKills: 0, logicKills: 0, storeKills: 0, cuts: 1 }
  link.cut()
  for (let left = actionCount; left > 0; ) {
    const count = Math.min(left, 1 + Math.floor(random() * 80))
    const batch = Array.from({ length: count }, () => ({ id: newUuid(), row: pickOne(random, rows) }))
    const isKilled = random() < 0.1
    const stored = agent.now.put(batch)
    if (isKilled) {
      await Promise.all([restart(), stored.catch(() => undefined)])
      blows.agentKills++
      // Whether it was stored is not known: the same ids again are the same actions.
      await agent.now.put(batch)
    } else await stored
    put.push(...batch)
    left -= count
  }
  const waiting = await agent.now.waitingCount()
  if (waiting !== actionCount) throw new Error(`${actionCount} were stored while the link was cut, and ${waiting} wait`)
  link.mend()
  const giveUpAt = performance.now() + settleMs
  while ((await agent.now.waitingCount()) > 0) {
    if (performance.now() > giveUpAt)
      throw new Error(`Not within ${settleMs} ms: ${await agent.now.waitingCount()} still wait.`)
    await Bun.sleep(20 + random() * 150)
    const dice = random()
    if (blows.agentKills + blows.logicKills + blows.storeKills + blows.cuts > blowCountMax) continue
    if (dice < 0.15) {
      blows.agentKills++
      await restart()
    } else if (dice < 0.25) {
      blows.logicKills++
      await killPart(platform, 'logic')
    } else if (dice < 0.35) {
      // Here single appends fail between others that do not: what would change the order, were it not kept.
      blows.storeKills++
      await killPart(platform, 'event-store')
    } else if (dice < 0.5) {
      blows.cuts++
      link.cut()
      await Bun.sleep(random() * 200)
      link.mend()
    }
  }
  return blows
}

/** What was killed last may be long in coming back, and pauses between its tries grow. */
async function untilThrough(agent: AgentProcess): Promise<void> {
  while ((await agent.waitingCount()) > 0) await Bun.sleep(20)
}

async function killPart(platform: Platform, service: 'logic' | 'event-store'): Promise<void> {
  const { pid } = platform.part(service)
  if (pid === undefined) throw new Error(`up did not tell the process id of ${service}`)
  const back = platform.next('ready', service)
  process.kill(pid, 'SIGKILL')
  await within(settleMs, back, `${service} comes back`)
}

async function addRows(url: string): Promise<string[]> {
  const device = connectDevice(url)
  const rows = await Promise.all(Array.from({ length: rowCount }, () => addStringInt(device)))
  device.close()
  return rows
}

async function checkLog(home: string, rows: readonly string[], user: string, put: readonly Put[]): Promise<void> {
  const { eventStore = '' } = findStoreAddresses(home)
  const store = await openKurrentEventStore({
    connectionString: eventStore,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  const problems: string[] = []
  try {
    for (const row of rows) {
      const found: string[] = []
      const stream = entityStream('tutorial', 'StringInt', row)
      for (let from = 0; ; ) {
        const page = await store.readStream(stream, { from, countMax: 1_000 })
        if (page.length === 0) break
        from += page.length
        const ofAgent = page.filter(({ metadata }) => parseMetadata(metadata).user === user)
        found.push(...ofAgent.map(({ id }) => id))
      }
      const wanted = put.filter((one) => one.row === row).map(({ id }) => id)
      if (found.join() !== wanted.join()) problems.push(describeDifference(row, wanted, found))
    }
  } finally {
    await store.close()
  }
  if (problems.length > 0) throw new Error(`The log and what was put disagree:\n${problems.join('\n')}`)
}

function describeDifference(row: string, wanted: readonly string[], found: readonly string[]): string {
  const missing = wanted.filter((id) => !found.includes(id)).length
  const doubled = found.length - new Set(found).size
  const at = wanted.findIndex((id, index) => found[index] !== id)
  return `row ${row}: put ${wanted.length}, found ${found.length}, missing ${missing}, doubled ${doubled}, first difference at ${at}`
}

function readSecret(home: string): string {
  const config = JSON.parse(readFileSync(join(home, 'up', 'config.json'), 'utf8')) as {
    serviceLink: { secret: string }
  }
  return config.serviceLink.secret
}
