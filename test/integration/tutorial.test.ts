/** The tutorial's second half on the whole platform: agent and logic call each other, a worker negates, settings are live. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AdminClient, signIn } from '#cli/admin-client.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { createdByAgent } from '../../plugins/tutorial/agent/call-logic.ts'

const testTimeoutMs = 120_000
let platform: Platform
let device: Device
let admin: AdminClient

beforeAll(async () => {
  platform = await startPlatform({ environment: { PEEK_PLUGINS: 'tutorial', PEEK_LOG_LEVEL: 'debug' } })
  device = connectDevice(platform.url('field'))
  const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
  admin = await signIn(platform.url('logic'), config.httpServer.admin.recoveryUser)
}, 120_000)
afterAll(async () => {
  device?.close()
  await platform?.[Symbol.asyncDispose]()
}, 120_000)

type Negated = {
  readonly input: { readonly number: number }
  readonly output: { readonly negated: number }
  readonly tries: readonly { readonly lines: readonly object[] }[]
}

/** What the plugin has said on a service so far, without what the platform says of its calls. */
function linesOf(service: string, pattern: RegExp): string[] {
  const file = join(platform.home, service, `logs/${service}.log`)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text.split('\n').flatMap((line) => pattern.exec(line)?.[0] ?? [])
}
const sums = () => linesOf('agent', /seedInt = \d+/).map((line) => Number(line.slice('seedInt = '.length)))
const said = () => linesOf('logic', /Agent said: [\w ]+/)

test(
  'the agent has logic add, and add a row, and says so; logic has the agent subtract',
  async () => {
    await eventually('the agent is done', () => said().length === 2)
    expect(said()).toEqual(['Agent said: Agent RPC Example Started', 'Agent said: Agent RPC Example Completed'])
    await eventually('its own log holds every sum', () => sums().length === 6)
    expect(sums()).toEqual([5, 12, 19, 26, 33, 40])
    const { stringIntId: id, string1, int1 } = createdByAgent
    await device.watch('tutorial.StringInt').until((rows) => {
      return [...rows.values()].some((row) => row.id === id && row.string1 === string1 && row.int1 === int1)
    })
    await eventually('logic is done', () => linesOf('logic', /seedInt result = 2 \(should be 2\)/).length === 1)
  },
  testTimeoutMs,
)

test(
  'E2 an agent that was killed asks again and adds no second row, nor one that a person deleted',
  async () => {
    const { stringIntId } = createdByAgent
    expect(await device.push('tutorial.DeleteStringInt', { stringIntId })).toMatchObject({ outcome: 'accepted' })
    const before = said().length
    process.kill(platform.part('agent').pid ?? 0, 'SIGKILL')
    await eventually('the next agent is done', () => said().length === before + 2)
    const watched = device.watch('tutorial.StringInt')
    await watched.until((rows) => rows.size > 0)
    expect([...watched.rows().values()].filter(({ id }) => id === stringIntId)).toEqual([])
  },
  testTimeoutMs,
)

test(
  'a changed setting is seen by the agent at once, and what does not fit is refused',
  async () => {
    const set = (values: object, revision: number) =>
      admin.request('POST', '/api/settings/tutorial', { values, revision })
    await expect(set({ step: 0 }, 0)).rejects.toThrow()
    await set({ step: 10 }, 0)
    await eventually('the agent adds the new number', () => sums().at(-1) === 55)
    expect(sums().slice(-6)).toEqual([5, 15, 25, 35, 45, 55])
  },
  testTimeoutMs,
)

test(
  'a worker negates a random number again and again, and what became of each is told',
  async () => {
    const negated = () => linesOf('worker', /Random number (\d+), negated -\1\b/)
    await eventually('two are done', () => negated().length >= 2)
    let jobs: readonly { readonly jobId: string }[] = []
    await eventually('they are among the finished jobs', async () => {
      const path = '/api/jobs?stage=finished&job=tutorial.NegateNumber'
      jobs = ((await admin.request('GET', path).catch(() => ({ jobs: [] }))) as { jobs: typeof jobs }).jobs
      return jobs.length >= 2
    })
    const found = (await admin.request('GET', `/api/jobs/${jobs[0]?.jobId}`)) as { job: Negated }
    const { input, output, tries } = found.job
    expect(output.negated).toBe(-input.number)
    expect(tries.at(-1)?.lines).toMatchObject([{ words: `Random number ${input.number}, negated ${output.negated}` }])
  },
  testTimeoutMs,
)
