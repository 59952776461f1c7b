import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '#kernel/clock.ts'
import type { JsonObject } from '#kernel/json.ts'
import { createLog } from '#kernel/log.ts'
import { defineFieldPart, type GatewayPart } from '#plugin-api/define-parts.ts'
import type { GatewayContext } from '#plugin-api/part-context.ts'
import type { DiscoveredPlugin } from '../../discover-plugins.ts'
import { parseManifest } from '../../manifest.ts'
import type { PartPorts } from '../part-ports.ts'
import { createPartsHost } from '../parts-host.ts'

/** A host of parts with nothing real around it: what its parts are, and what happened to them. */
export type PartsRig = ReturnType<typeof createPartsRig>

export function createPartsRig() {
  const filesFolder = mkdtempSync(join(tmpdir(), 'peek-parts-'))
  const clock = createFakeClock()
  /** Warnings and errors of the log. */
  const said: string[] = []
  const happened: string[] = []
  const parts = new Map<string, () => GatewayPart | undefined | Promise<undefined>>()
  const settingsListeners = new Map<string, () => void>()
  const listening = new Set<string>()
  const starting: boolean[] = []
  const kept: { [plugin: string]: JsonObject } = {}
  const ports: PartPorts<'field'> = {
    rpc: {
      callerOf: () => ({ call: () => Promise.reject(new Error('nobody')), callAll: async () => [] }),
      listen: ({ plugin }) => {
        listening.add(plugin)
        return async () => void listening.delete(plugin)
      },
      setStarting: (isStarting) => void starting.push(isStarting),
    },
    siteUrl: () => 'http://localhost:1',
    settings: {
      valuesOf: (plugin) => kept[plugin],
      onChange: (plugin, listener) => {
        settingsListeners.set(plugin, listener)
        return () => void settingsListeners.delete(plugin)
      },
    },
    complete: (context) => context,
  }
  const host = createPartsHost({
    service: 'field',
    load: async ({ manifest }) => parts.get(manifest.id)?.(),
    ports,
    pathOf: (plugin) => `/p/${plugin}/api`,
    filesFolder,
    startMsMax: 1_000,
    stopMsMax: 1_000,
    clock,
    log: createLog(
      'field',
      ({ level, name, words }) => ['warning', 'error'].includes(level) && said.push(`${name}: ${words}`),
    ),
  })

  /** A part that says when it starts and stops. */
  function telling(id: string, start?: (context: GatewayContext) => Promise<void> | void): void {
    parts.set(id, () =>
      defineFieldPart({
        start: async (context) => {
          happened.push(`${id} starts`)
          context.onStop(() => void happened.push(`${id} stops`))
          await start?.(context)
        },
      }),
    )
  }
  const states = (): Record<string, string> =>
    Object.fromEntries(host.statuses().map(({ plugin, state }) => [plugin, state]))
  return {
    host,
    filesFolder,
    clock,
    said,
    happened,
    parts,
    /** Settings as they are kept, by plugin. */
    kept,
    settingsListeners,
    listening,
    starting,
    telling,
    states,
    dispose: () => rmSync(filesFolder, { recursive: true }),
  }
}

export function plugin(id: string, requires: readonly string[] = []): DiscoveredPlugin {
  const peek = { id, title: id, platform: '*', requires: Object.fromEntries(requires.map((one) => [one, '*'])) }
  return { folder: `/nowhere/${id}`, version: '1.2.0', manifest: parseManifest(id, { peek }) }
}
