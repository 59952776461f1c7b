/**
 * Requests a second to a route of a plugin on an agent, with a key, checks both ways and the log of requests, and how long
 * one takes, beside a bare hono route of the same process in the same run. The clients are plain sockets, so that little
 * of the machine is theirs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { must } from '#kernel/assert.ts'
import { makeApiKey } from '#rest/keys/api-key.ts'
import { median, percentile, printFigure, secondsOf } from './figure.ts'

const roundCount = 5
const connectionCount = 32
const roundMs = (secondsOf(Bun.argv.slice(2), 12) * 1_000) / (roundCount * 2)
const path = '/meters/00000000-0000-4000-8000-000000000001/readings'
const body = JSON.stringify({ value: 42, readAt: 1_700_000_000_000 })

type Round = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number; readonly cpuUs: number }
const units = { perSecond: 'requests/s', p50Ms: 'ms', p99Ms: 'ms', cpuUs: 'us' } as const

const folder = mkdtempSync(join(tmpdir(), 'peek-bench-rest-'))
const { key } = makeApiKey()
const agent = Bun.spawn([process.execPath, resolve(import.meta.dir, 'rest-agent.ts'), folder, key], {
  stdin: 'pipe',
  stdout: 'pipe',
  stderr: 'inherit',
})
const lines = linesOf(agent.stdout)
const ports = JSON.parse(await nextLine())
const route = { port: ports.site, request: toRequest(`/p/meters${path}`, { authorization: `Bearer ${key}` }) }
const bare = { port: ports.bare, request: toRequest(path) }

// Long enough for the compiler to have done its work.
for (const target of [route, bare, route, bare]) await measure(target)
const rounds: { readonly route: Round[]; readonly bare: Round[] } = { route: [], bare: [] }
for (let round = 0; round < roundCount; round++) {
  rounds.bare.push(await measure(bare))
  rounds.route.push(await measure(route))
}
for (const metric of ['perSecond', 'p50Ms', 'p99Ms', 'cpuUs'] as const)
  printFigure({
    bench: 'rest',
    metric: `${connectionCount} under way, ${metric}`,
    value: median(rounds.route.map((round) => round[metric])),
    unit: units[metric],
    reference: median(rounds.bare.map((round) => round[metric])),
    referenceName: 'bare hono route',
  })
agent.stdin.end()
await agent.exited
rmSync(folder, { recursive: true, force: true })
process.exit(0)

function toRequest(at: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { host: 'agent', 'content-type': 'application/json', 'content-length': String(body.length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `POST ${at} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

/** Each connection sends its next request when the one before is answered. */
async function measure({ port, request }: { readonly port: number; readonly request: string }): Promise<Round> {
  const samples: number[] = []
  const cpuBefore = await cpuOfAgent()
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connectionCount }, () => askUntil(startedAt + roundMs, port, request, samples)),
  )
  const perSecond = (samples.length * 1_000) / (performance.now() - startedAt)
  const cpuUs = ((await cpuOfAgent()) - cpuBefore) / samples.length
  return { perSecond, cpuUs, p50Ms: percentile(samples, 0.5), p99Ms: percentile(samples, 0.99) }
}

function askUntil(endsAt: number, port: number, request: string, samples: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let answer = ''
    void Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        open: (socket) => {
          sentAt = performance.now()
          socket.write(request)
        },
        data: (socket, bytes) => {
          answer += bytes.toString('latin1')
          if (!isWhole(answer)) return
          if (!answer.startsWith('HTTP/1.1 202')) return reject(new Error(`answered: ${answer.slice(0, 500)}`))
          answer = ''
          const now = performance.now()
          samples.push(now - sentAt)
          sentAt = now
          if (now < endsAt) socket.write(request)
          else socket.end()
        },
        close: () => resolve(),
        connectError: (_, error) => reject(error),
        error: (_, error) => reject(error),
      },
    })
  })
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(answer)?.[1]
  return head >= 0 && answer.length >= head + 4 + Number(must(length, 'a short answer says its length'))
}

async function cpuOfAgent(): Promise<number> {
  agent.stdin.write('\n')
  agent.stdin.flush()
  return JSON.parse(await nextLine()).cpuUs
}

async function nextLine(): Promise<string> {
  return must((await lines.next()).value ?? undefined, 'the agent is there')
}

async function* linesOf(output: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true })
    const found = text.split('\n')
    text = found.pop() ?? ''
    yield* found
  }
}
