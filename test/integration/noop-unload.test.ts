/** The parts of the plugin noop leave nothing behind when they end: no call that is answered, no timer, no listener, no work. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { loadPart } from '#plugin-host/load-part.ts'
import { createPartsHost } from '#plugin-host/parts/parts-host.ts'
import type { RpcHandler } from '#rpc/rpc.ts'
import { projectFolder } from '#support/platform.ts'
import { version as platform } from '../../package.json'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-noop-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A host of one service, with all that parts may hold on to in plain sight. */
function createHost() {
  const listening = new Set<RpcHandler>()
  const settingsListeners = new Set<() => void>()
  const timers = new Set<() => void>()
  const clock: Clock = {
    now: () => 0,
    after: (_, work) => {
      timers.add(work)
      return () => void timers.delete(work)
    },
  }
  const host = createPartsHost<'field'>({
    service: 'field',
    load: (plugin) => loadPart(plugin, 'field'),
    ports: {
      rpc: {
        callerOf: () => ({ call: () => new Promise(() => undefined), callAll: async () => [] }),
        listen: (_, handlers) => {
          for (const handler of handlers) listening.add(handler)
          return async () => {
            for (const handler of handlers) listening.delete(handler)
          }
        },
        setStarting: () => undefined,
      },
      settings: {
        valuesOf: () => undefined,
        onChange: (_, listener) => {
          settingsListeners.add(listener)
          return () => void settingsListeners.delete(listener)
        },
      },
      siteUrl: () => 'http://localhost:1',
      complete: (context) => context,
    },
    pathOf: (plugin) => `/p/${plugin}/api`,
    filesFolder: folder,
    clock,
    log: silentLog,
  })
  const held = () => ({ calls: listening.size, settings: settingsListeners.size, timers: timers.size })
  return { host, held }
}

test('parts that were started and stopped again and again hold what they held the first time, and nothing at the end', async () => {
  const plugins = discoverPlugins({
    folder: join(projectFolder, 'plugins'),
    enabled: ['noop'],
    platform,
    log: silentLog,
  })
  const { host, held } = createHost()
  await host.run(plugins)
  const first = held()
  expect(host.statuses().map(({ state }) => state)).toEqual(['running'])
  expect(first.calls).toBeGreaterThan(0)
  expect(first.settings).toBeGreaterThan(0)
  for (let round = 0; round < 5; round++) {
    await host.run([])
    expect(held()).toEqual({ calls: 0, settings: 0, timers: 0 })
    await host.run(plugins)
    expect(held()).toEqual(first)
  }
  const asked = await host.fetch('noop', new Request('http://localhost/p/noop/api/about?token=t'))
  expect(await asked.json()).toEqual({ service: 'field', token: 't' })
  await host.stop()
  expect(held()).toEqual({ calls: 0, settings: 0, timers: 0 })
  expect((await host.fetch('noop', new Request('http://localhost/p/noop/api/about'))).status).toBe(404)
})
