/**
 * Calls a second from logic to an agent in another process, and how long one takes, beside a bare websocket that echoes a
 * text of the same size between the same two processes in the same run.
 */
import { resolve } from 'node:path'
import type { ServerWebSocket } from 'bun'
import { must } from '#kernel/assert.ts'
import { dialStar, startRpcStar } from '#support/rpc-star.ts'
import { median, percentile, printFigure, secondsOf } from './figure.ts'
import { Measure } from './rpc-calls.ts'

const roundCount = 3
const roundMs = (secondsOf(Bun.argv.slice(2), 12) * 1_000) / (roundCount * 5)
const input = { pump: 'north-7', reading: 5, isUrgent: false }
/** As long as head and body of the call. */
const echoText = `{"k":"ask","req":123456,"name":"star.Measure","deadlineMs":30000}\n${JSON.stringify(input)}`

/** `cpuUs`: of this process a call, which says more than the rate where others use the machine too. */
type Round = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number; readonly cpuUs: number }
const units = { perSecond: 'calls/s', p50Ms: 'ms', p99Ms: 'ms', cpuUs: 'us' } as const

const echo = startBareEcho()
const star = startRpcStar({ isSilent: true })
const agent = Bun.spawn(
  [process.execPath, resolve(import.meta.dir, 'rpc-agent.ts'), String(star.port), String(echo.port)],
  { stdout: 'pipe', stderr: 'inherit' },
)
await untilReady(agent.stdout)
const worker = await dialStar('worker', star.port)

const callOnce = () => star.logic.call.call(Measure, input)
const callThroughLogic = () => worker.call.call(Measure, input)
// Long enough for the compiler of both processes to have done its work.
for (let warmUp = 0; warmUp < 4; warmUp++) {
  await measure(callOnce, 64)
  await measure(callThroughLogic, 64)
  await measure(echo.once, 64)
}

const rounds: { readonly [what: string]: Round[] } = { call64: [], echo64: [], call1: [], echo1: [], hop64: [] }
for (let round = 0; round < roundCount; round++) {
  rounds.echo64?.push(await measure(echo.once, 64))
  rounds.call64?.push(await measure(callOnce, 64))
  rounds.echo1?.push(await measure(echo.once, 1))
  rounds.call1?.push(await measure(callOnce, 1))
  rounds.hop64?.push(await measure(callThroughLogic, 64))
}
for (const underWay of [64, 1]) {
  for (const metric of ['perSecond', 'p50Ms', 'p99Ms', 'cpuUs'] as const) {
    printFigure({
      bench: 'rpc',
      metric: `logic-to-agent, ${underWay} under way, ${metric}`,
      value: of(`call${underWay}`, metric),
      unit: units[metric],
      reference: of(`echo${underWay}`, metric),
      referenceName: 'bare websocket echo',
    })
  }
}
printFigure({
  bench: 'rpc',
  metric: 'worker-to-agent through logic, 64 under way, perSecond',
  value: of('hop64', 'perSecond'),
  unit: 'calls/s',
  reference: of('echo64', 'perSecond'),
  referenceName: 'bare websocket echo, one hop',
})
agent.kill()
await agent.exited
worker.close()
await star.stop()
process.exit(0)

function of(what: string, metric: keyof Round): number {
  return median(must(rounds[what], 'every kind of round is there').map((round) => round[metric]))
}

/** Keeps so many under way for the length of a round. */
async function measure(once: () => Promise<unknown>, underWay: number): Promise<Round> {
  const samples: number[] = []
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const lane = async () => {
    for (let at = performance.now(); at - startedAt < roundMs; ) {
      await once()
      const now = performance.now()
      samples.push(now - at)
      at = now
    }
  }
  await Promise.all(Array.from({ length: underWay }, lane))
  const perSecond = (samples.length * 1_000) / (performance.now() - startedAt)
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuUs = (user + system) / samples.length
  return { perSecond, cpuUs, p50Ms: percentile(samples, 0.5), p99Ms: percentile(samples, 0.99) }
}

function startBareEcho() {
  const waiting: (() => void)[] = []
  let far: ServerWebSocket<unknown> | undefined
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, bunServer) => (bunServer.upgrade(request) ? undefined : new Response('no')),
    websocket: {
      perMessageDeflate: false,
      open: (ws) => {
        far = ws
      },
      message: () => waiting.shift()?.(),
    },
  })
  return {
    port: server.port,
    once: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
        far?.sendText(echoText)
      }),
  }
}

async function untilReady(output: ReadableStream<Uint8Array>): Promise<void> {
  for await (const chunk of output) if (new TextDecoder().decode(chunk).includes('ready')) return
}
