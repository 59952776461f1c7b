/**
 * Kills services at random moments while the checks of the plugin noop run, and starts them again. Every run ends within its
 * bound with a verdict, every check of a finished run has a result, one that is red names a service that was killed, nothing
 * stays under way, and in the end all is green.
 */
import { rmSync } from 'node:fs'
import { findStoreAddresses } from '#config/stores-file.ts'
import { must } from '#kernel/assert.ts'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'
import { type NoopRun, redOf, runNoop } from '#support/run-noop.ts'
import { runPeek } from '#support/run-peek.ts'
import { startWorkerProcess, type WorkerProcess } from '#support/worker-process.ts'
import { checkList } from '../../plugins/noop/shared/check-list.ts'
import { within } from './kills.ts'

const targets = ['logic', 'field', 'office', 'agent', 'worker', 'another worker'] as const
type Target = (typeof targets)[number]

const serviceSecret = 'a secret of the fault runs that is long enough'
/** A run takes some ten seconds: blows fall while it begins, goes on, and is nearly over. */
const blowMsMax = 7_000
const blowsMax = 3
/** A service that died several times is started again later and later. */
const backMsMax = 60_000
/** The slowest check has half a minute; a run whose logic is gone for good is given up after a whole one. */
const runMsMax = 240_000
const greenMsMax = 180_000
const settledMsMax = 60_000

export async function runNoopKills(options: { runs: number; seed: number }): Promise<void> {
  const { runs, seed } = options
  const random = createSeededRandom(seed)
  const rig = await startRig()
  const killed = new Map<Target, number>()
  const turn = Math.floor(random() * targets.length)
  let redCount = 0
  let before: readonly Target[] = []
  try {
    await untilGreen(rig)
    for (let run = 1; run <= runs; run++) {
      const startedAt = performance.now()
      const { ran, blows } = await runUnderBlows(rig, {
        first: must(targets[(turn + run) % targets.length], 'in range'),
        random,
      })
      for (const target of blows) killed.set(target, (killed.get(target) ?? 0) + 1)
      // One that was killed at the end of the run before may still be on its way back.
      judge(ran, [...before, ...blows])
      before = blows
      redCount += redOf(ran).length
      const ms = Math.round(performance.now() - startedAt)
      console.log(JSON.stringify({ run, killed: blows, state: ran.state, red: redOf(ran).length, ms }))
    }
    await untilGreen(rig)
    await untilNothingIsUnderWay(rig)
    const words = { fault: 'noop', runs, seed, killed: Object.fromEntries(killed), red: redCount, silent: 0, hung: 0 }
    console.log(JSON.stringify(words))
  } finally {
    await rig.stop()
  }
}

type Rig = {
  readonly platform: Platform
  worker: WorkerProcess
  startWorker(): Promise<WorkerProcess>
  stop(): Promise<void>
}

async function startRig(): Promise<Rig> {
  const home = makeHome('peek-noop-kills-')
  const environment = {
    ...(await freePorts()),
    PEEK_PLUGINS: 'tutorial,noop',
    PEEK_SERVICE_SECRET: serviceSecret,
    PEEK_LOG_LEVEL: 'warning',
  }
  const platform = await startPlatform({ home, environment })
  const { eventStore = '', databaseUrl = '' } = findStoreAddresses(home)
  const ofOwn = { ...environment, PEEK_PLUGIN_FOLDER: `${projectFolder}/plugins`, PEEK_WORKER_NAME: 'second' }
  const startWorker = () => startWorkerProcess({ eventStore, databaseUrl, environment: ofOwn, places: 2 })
  let worker: WorkerProcess | undefined
  const stop = async (): Promise<void> => {
    await rig?.worker.kill()
    await platform.stop()
    rmSync(home, { recursive: true, force: true })
  }
  let rig: Rig | undefined
  try {
    worker = await startWorker()
    rig = { platform, worker, startWorker, stop }
    return rig
  } catch (error) {
    await stop()
    throw error
  }
}

const peekOn = ({ platform }: Rig) => ({ home: platform.home, url: platform.url('logic') })

async function runUnderBlows(
  rig: Rig,
  { first, random }: { first: Target; random: Random },
): Promise<{ readonly ran: NoopRun; readonly blows: readonly Target[] }> {
  const late = AbortSignal.timeout(runMsMax)
  const running = runNoop(peekOn(rig), { signal: late })
  const blows: Target[] = []
  const returns: Promise<void>[] = []
  const count = 1 + Math.floor(random() * blowsMax)
  for (let blow = 0; blow < count; blow++) {
    const target = blow === 0 ? first : pickOne(random, targets)
    const wasOver = await Promise.race([running.then(() => true), Bun.sleep(random() * blowMsMax).then(() => false)])
    if (wasOver && blow > 0) break
    // One that is down already is left to come back.
    if (blows.includes(target)) continue
    blows.push(target)
    returns.push(kill(rig, target))
  }
  const ran = await running
  if (late.aborted)
    throw new Error(`A run of the checks was not over after ${runMsMax} ms; killed: ${blows.join(', ')}.`)
  await Promise.all(returns)
  return { ran, blows }
}

/** Resolves when it is back. */
async function kill(rig: Rig, target: Target): Promise<void> {
  if (target === 'another worker') {
    await rig.worker.kill()
    rig.worker = await rig.startWorker()
    return
  }
  const back = rig.platform.next('ready', target)
  process.kill(must(rig.platform.part(target).pid, `up says which process ${target} is`), 'SIGKILL')
  await within(backMsMax, back, `${target} comes back`)
}

/** Every failure is reported as what it was, and none is silent. */
function judge({ code, state, words, results, ...ran }: NoopRun, blows: readonly Target[]): void {
  const killed = blows.map((target) => (target === 'another worker' ? 'worker' : target))
  const wrong: string[] = []
  const red = redOf({ code, state, words, results, ...ran })
  for (const { check, reason } of red) {
    const needs: readonly string[] = ['logic', ...(checkList.find(({ name }) => name === check)?.needs ?? [])]
    const isNamed = killed.some((service) => needs.includes(service) && namesAsGone(reason, service))
    if (!isNamed) wrong.push(`${check} is red and names none that was killed: ${reason}`)
  }
  if (state === 'finished') {
    if (results.length !== checkList.length) wrong.push(`${results.length} of ${checkList.length} checks have a result`)
    if (code !== (red.length === 0 ? 0 : 1)) wrong.push(`it ended with ${code}`)
  } else if (!killed.includes('logic')) wrong.push(`it ended as "${state}", and logic ran all the time: ${words}`)
  else if (state === 'interrupted' ? !/logic: stopped/.test(words) : !/[Ll]ogic/.test(words))
    wrong.push(`it ended as "${state}" and does not say that logic was away: ${words}`)
  else if (code === 0) wrong.push(`it ended as "${state}" with 0`)
  if (wrong.length > 0) throw new Error(`With ${blows.join(', ')} killed:\n${wrong.join('\n')}`)
}

/** As away, as ended, as one that does not answer, or as begun anew: not only in the name of what failed. */
function namesAsGone(reason: string, service: string): boolean {
  return new RegExp(`(^|; )${service}(: (away|")| "[^"]+": its process began)`).test(reason)
}

/** What a service needs to come back is its own affair; in the end all is green. */
async function untilGreen(rig: Rig): Promise<void> {
  const giveUpAt = performance.now() + greenMsMax
  for (;;) {
    const ran = await runNoop(peekOn(rig), { signal: AbortSignal.timeout(runMsMax) })
    if (ran.code === 0) return
    if (performance.now() > giveUpAt)
      throw new Error(`Not green after ${greenMsMax} ms: ${ran.state} ${ran.words} ${JSON.stringify(redOf(ran))}`)
    await Bun.sleep(500)
  }
}

/** No run and no job of one: what a killed logic left is ended by the next one. */
async function untilNothingIsUnderWay(rig: Rig): Promise<void> {
  const giveUpAt = performance.now() + settledMsMax
  for (;;) {
    const open = await openJobs(rig)
    if (open.length === 0) return
    if (performance.now() > giveUpAt) throw new Error(`Jobs of the runs are still open: ${JSON.stringify(open)}`)
    await Bun.sleep(1_000)
  }
}

async function openJobs(rig: Rig): Promise<readonly JsonObject[]> {
  const { home, url } = peekOn(rig)
  const stages = ['waiting', 'scheduled', 'running', 'parked']
  const pages = await Promise.all(
    stages.map((stage) => runPeek(['jobs', 'list', '--stage', stage, '--json', '--home', home, '--url', url])),
  )
  return pages.flatMap(({ out }) => {
    const found = tryParseJson(out)
    if (!isJsonObject(found) || !Array.isArray(found.jobs)) throw new Error(`Jobs could not be listed: ${out}`)
    return found.jobs.filter(isJsonObject).filter(({ job }) => String(job).startsWith('noop.'))
  })
}
