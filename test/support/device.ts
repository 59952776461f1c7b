/** A device as the platform sees one: a vortex connection that watches and pushes, without a browser around it. */
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { systemRandom } from '#kernel/random.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { type Row, rowKey, type Selector } from '#vortex/protocol/row.ts'

export interface Device {
  readonly id: string
  readonly client: VortexClient
  push(
    name: string,
    fields: object,
    options?: { id?: string; prev?: string; retry?: boolean; deadlineMs?: number; version?: number },
  ): Promise<Answer>
  watch(name: string, selector?: Selector): Watched
  close(): void
}

export interface Watched {
  rows(): ReadonlyMap<string, Row>
  /** Every position this observation was told, in order. */
  positions(): readonly string[]
  /** Resolves as soon as the rows fulfil the condition. */
  until(condition: (rows: ReadonlyMap<string, Row>) => boolean): Promise<void>
  stop(): void
}

export function connectDevice(url: string, app = 'field'): Device {
  const id = newUuid()
  const client = makeVortexClient({
    url: `${url.replace(/^http/, 'ws')}/vortex`,
    hello: { role: 'device', name: app, device: id, instance: newUuid(), build: 'test' },
    clock: systemClock,
    random: systemRandom,
  })
  return {
    id,
    client,
    push: (name, fields, options = {}) => {
      const { id: actionId = newUuid(), version = 1, prev, ...rest } = options
      const action = { id: actionId, name, version, at: Date.now(), ...(prev !== undefined && { prev }) }
      return client.act(action, JSON.stringify(fields), rest)
    },
    watch: (name, selector = {}) => watch(client, name, selector),
    close: () => client.close(),
  }
}

function watch(client: VortexClient, name: string, selector: Selector): Watched {
  const rows = new Map<string, Row>()
  const positions: string[] = []
  const waiting = new Set<() => void>()
  let keyedBy: readonly string[] = []
  const changed = (position: string): void => {
    positions.push(position)
    for (const check of waiting) check()
  }
  const stop = client.observe(name, selector, {
    rows: (state) => {
      keyedBy = state.keyedBy
      rows.clear()
      for (const row of state.rows) rows.set(rowKey(row, keyedBy), row)
      changed(state.position)
    },
    patch: (patch) => {
      for (const key of patch.del) rows.delete(key)
      for (const row of patch.set) rows.set(rowKey(row, keyedBy), row)
      changed(patch.position)
    },
    resumed: () => undefined,
    trouble: () => undefined,
  })
  return {
    rows: () => rows,
    positions: () => positions,
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition(rows)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    stop,
  }
}
