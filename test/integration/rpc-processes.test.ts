import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'
import type { CallTarget } from '#vortex/protocol/call.ts'

/** Calls of a plugin between real processes: from a screen to field, on to logic and the agent, and while one of them dies. */

let platform: Platform
let device: Device
const timeoutMs = 120_000

beforeAll(async () => {
  const pluginFolder = join(projectFolder, 'test/support/plugins')
  platform = await startPlatform({
    environment: { PEEK_PLUGIN_FOLDER: pluginFolder, PEEK_PLUGINS: 'calls', PEEK_AGENT_NAME: 'plant-3' },
  })
  device = connectDevice(platform.url('field'))
}, timeoutMs)
afterAll(async () => {
  device?.close()
  await platform?.[Symbol.asyncDispose]()
}, timeoutMs)

test(
  'V5 a screen calls logic, logic the agent, and the answer comes all the way back',
  async () => {
    expect(await askAgent('ha')).toBe('hahaha')
  },
  timeoutMs,
)

test('a call to the service that holds the screen says who called', async () => {
  const near = await ask('calls.Near', {}, { role: 'field' })
  expect(near).toEqual({ caller: 'field-app', user: 'guest' })
})

test('V5 S4 a screen hears four different errors, and may call only what accepts its app', async () => {
  const kindOf = (...asked: Parameters<typeof ask>) =>
    ask(...asked).catch((failure: { error: { kind: string } }) => failure.error.kind)
  expect(await kindOf('calls.Nothing', {}, { role: 'logic' })).toBe('not-found')
  expect(await kindOf('calls.Repeat', { word: 'x', count: 1 }, { role: 'agent' })).toBe('forbidden')
  expect(await kindOf('calls.AskAgent', { word: 7 }, { role: 'logic' })).toBe('bad-input')
  expect(await kindOf('calls.AskAgent', { word: 'hang' }, { role: 'logic' }, 100)).toBe('timeout')
})

test(
  'V5 an agent that is killed under a call makes it unavailable, and is called again once it is back',
  async () => {
    const hanging = askAgent('hang')
    // The call is on its way once another one has been answered after it.
    await askAgent('ha')
    process.kill(platform.part('agent').pid ?? 0, 'SIGKILL')
    expect(await hanging).toBe('unavailable')
    await eventually('the agent is back', async () => (await askAgent('hu')) === 'huhuhu')
  },
  timeoutMs,
)

test(
  'S1 calls go on after logic was killed, with every service connected anew',
  async () => {
    const back = platform.next('ready', 'logic')
    process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
    await back
    await eventually('calls go through again', async () => {
      const answer = await askAgent('ho').catch(() => 'away')
      return answer === 'hohoho'
    })
  },
  timeoutMs,
)

async function askAgent(word: string): Promise<unknown> {
  const output = await ask('calls.AskAgent', { word }, { role: 'logic' })
  return (output as { answer: unknown }).answer
}

async function ask(name: string, input: object, to: CallTarget, deadlineMs = 15_000): Promise<unknown> {
  return JSON.parse(await device.client.ask(name, JSON.stringify(input), deadlineMs, { to }))
}
