import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'
import type { PluginFacts } from '#vortex/protocol/plugin-facts.ts'
import { makeServiceIdentity } from './service-identity.ts'
import { type ServiceParts, startServiceParts } from './service-parts.ts'

let folder: string
let parts: ServiceParts<'field'>
/** Answers the question that the service keeps open. */
let answer: (facts: PluginFacts) => void
let questionCount: number

/** A plugin whose field part does nothing. */
function install(id: string): void {
  const home = join(folder, 'plugins', id)
  mkdirSync(home, { recursive: true })
  const peek = { id, title: id, platform: '*', services: ['field'] }
  writeFileSync(join(home, 'package.json'), JSON.stringify({ version: '1.0.0', peek }))
  const plugin = `{ id: '${id}', parts: { field: async () => ({ kind: 'field', rpcs: [] }) } }`
  writeFileSync(join(home, 'plugin.ts'), `export const plugin = ${plugin}\n`)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-service-parts-'))
  for (const id of ['a', 'b']) install(id)
  questionCount = 0
  const identity = makeServiceIdentity({ name: 'field', folder, now: 0 })
  parts = startServiceParts<'field'>({
    service: 'field',
    context: { identity, log: silentLog, clock: systemClock },
    folder,
    pluginFolder: join(folder, 'plugins'),
    link: {
      state: () => ({ state: 'online', since: 0, welcome: greeting }),
      onState: () => () => undefined,
      ask: () =>
        new Promise((resolve) => {
          questionCount++
          answer = (facts) => resolve(JSON.stringify(facts))
        }),
    },
    ports: {
      rpc: {
        callerOf: () => ({ call: () => Promise.reject(new Error('nobody')), callAll: async () => [] }),
        listen: () => async () => undefined,
        setStarting: () => undefined,
      },
      siteUrl: () => undefined,
      complete: (context) => context,
    },
  })
})
afterEach(async () => {
  await parts.stop()
  rmSync(folder, { recursive: true })
})

const greeting: Extract<ConnectionState, { state: 'online' }>['welcome'] = {
  k: 'welcome',
  version: 1,
  session: 's',
  service: 'logic',
  instance: 'l',
  build: '1',
  principal: { user: 'u', device: 'd', service: 'field', roles: [] },
  beatMs: 1,
  silenceMs: 1,
  at: 0,
}

/** Tells the next state of things, and waits until it was taken and the parts have started as often as this. */
async function learn(facts: Omit<PluginFacts, 'settings'>, starts: Record<string, number>): Promise<void> {
  const answeredCount = questionCount
  answer({ ...facts, settings: {} })
  const found = () => Object.fromEntries(parts.host.statuses().map((one) => [one.plugin, one.starts]))
  const isDone = () => questionCount > answeredCount && Bun.deepEquals(found(), starts)
  // The code of a part is read from its file, which takes as long as it takes.
  const giveUpAt = performance.now() + 20_000
  while (!isDone() && performance.now() < giveUpAt) await Bun.sleep(1)
  expect(found()).toEqual(starts)
}

test('a restart that was asked for is carried out once, also when other plugins run from the same moment on', async () => {
  await learn({ enabled: ['a'], restarts: { a: 'before this process' }, mark: '1' }, { a: 1 })
  await learn({ enabled: ['a'], restarts: { a: 'asked' }, mark: '2' }, { a: 2 })
  await learn({ enabled: ['a', 'b'], restarts: { a: 'asked again', b: 'asked' }, mark: '3' }, { a: 3, b: 1 })
  await learn({ enabled: ['a', 'b'], restarts: { a: 'asked again', b: 'asked' }, mark: '4' }, { a: 3, b: 1 })
  // What is asked is done in turn: one more of the first would be seen by now.
  await learn({ enabled: ['a', 'b'], restarts: { a: 'asked again', b: 'once more' }, mark: '5' }, { a: 3, b: 2 })
})
