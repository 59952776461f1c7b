import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { createLog } from '#kernel/log.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'
import { learnPlugins } from './learn-plugins.ts'

let folder: string
let clock: FakeClock
let asked: { body: string; reply: Deferred<string> }[]
let learned: string[]
let said: string[]
let state: ConnectionState
let turnTo: (next: ConnectionState) => void
let learning: { stop(): void }

const away: ConnectionState = { state: 'offline', since: 0, words: 'away', retryAt: 1 }
const online: ConnectionState = {
  state: 'online',
  since: 0,
  welcome: {
    k: 'welcome',
    version: 1,
    session: 's',
    service: 'logic',
    instance: 'l',
    build: '1',
    principal: { user: 'u', device: 'd', service: 'agent', roles: [] },
    beatMs: 1,
    silenceMs: 1,
    at: 0,
  },
}
const factsOf = (enabled: readonly string[], mark: string): string => JSON.stringify({ enabled, settings: {}, mark })
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function start(at: ConnectionState): void {
  state = at
  const listeners = new Set<(state: ConnectionState) => void>()
  turnTo = (next) => {
    state = next
    for (const listener of listeners) listener(next)
  }
  learning = learnPlugins({
    link: {
      state: () => state,
      onState: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      ask: (_name, body) => {
        const reply = createDeferred<string>()
        asked.push({ body, reply })
        return reply.promise
      },
    },
    folder,
    onFacts: ({ enabled }) => learned.push(enabled.join()),
    clock,
    random: () => 0.5,
    log: createLog('plugins', ({ words }) => said.push(words)),
  })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-learn-'))
  clock = createFakeClock()
  asked = []
  learned = []
  said = []
})
afterEach(() => {
  learning.stop()
  rmSync(folder, { recursive: true })
})

test('S1 what was kept and cannot be read counts as nothing, and ends nothing', async () => {
  mkdirSync(join(folder, 'plugins.json'))
  start(away)
  clock.advance(3_000)
  expect(learned).toEqual([])
  expect(said.join()).toContain('cannot be read')
})

test('asks again with what it knows as soon as it was answered, and tells each state once', async () => {
  start(online)
  asked[0]?.reply.resolve(factsOf(['a'], 'l/0'))
  await flush()
  asked[1]?.reply.resolve(factsOf(['a'], 'l/0'))
  await flush()
  asked[2]?.reply.resolve(factsOf(['a', 'b'], 'l/1'))
  await flush()
  expect(asked.map(({ body }) => body)).toEqual(['{}', '{"seen":"l/0"}', '{"seen":"l/0"}', '{"seen":"l/1"}'])
  expect(learned).toEqual(['a', 'a,b'])
})

test('S1 asks when logic comes back, and never twice at a time', async () => {
  start(away)
  expect(asked).toHaveLength(0)
  turnTo(online)
  turnTo(online)
  expect(asked).toHaveLength(1)
  turnTo(away)
  asked[0]?.reply.reject(new Error('lost'))
  await flush()
  turnTo(online)
  await flush()
  expect(asked).toHaveLength(2)
})

test('a refusal is said once and asked again with back-off', async () => {
  start(online)
  for (let turn = 0; turn < 3; turn++) {
    asked[turn]?.reply.resolve('{"enabled":5}')
    await flush()
    clock.advance(10_000)
    await flush()
  }
  expect(asked).toHaveLength(4)
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('upgrade both')
})

test('S1 begins with what it knew when logic is away, and then follows logic', async () => {
  start(online)
  asked[0]?.reply.resolve(factsOf(['a'], 'l/0'))
  await flush()
  learning.stop()
  asked = []
  learned = []
  start(away)
  clock.advance(3_000)
  expect(learned).toEqual(['a'])
  turnTo(online)
  asked[0]?.reply.resolve(factsOf(['b'], 'm/0'))
  await flush()
  expect(learned).toEqual(['a', 'b'])
})

test('does not begin with what it knew when logic has answered, nor with what is no longer readable', async () => {
  writeFileSync(join(folder, 'plugins.json'), '{ torn')
  start(away)
  clock.advance(3_000)
  expect(learned).toEqual([])
  learning.stop()
  writeFileSync(join(folder, 'plugins.json'), factsOf(['old'], 'l/0'))
  start(online)
  asked[0]?.reply.resolve(factsOf(['new'], 'm/0'))
  await flush()
  clock.advance(3_000)
  expect(learned).toEqual(['new'])
})
