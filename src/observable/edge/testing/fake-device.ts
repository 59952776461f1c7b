import { must } from '#kernel/assert.ts'
import type { DownHead } from '#vortex/protocol/down.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { type Row, rowKey, type Selector, type SelectorPatch } from '#vortex/protocol/row.ts'
import { digestRows, hashOfRows } from '#vortex/protocol/rows-digest.ts'
import type { Observe } from '#vortex/protocol/up.ts'
import type { Watcher } from '../watcher.ts'

/** What one observation shows on a device. */
export type Shown = {
  readonly obs: number
  readonly name: string
  readonly selector: Selector
  rows: Map<string, Row> | undefined
  token: string | undefined
  sel: number | undefined
  isRefused: boolean
}

/**
 * A device that applies rows and patches exactly as the client does, and hears of every change of what it shows.
 * `connect` gives it a new session: what it shows stays, and is sought again with its tokens.
 */
export interface FakeDevice {
  watcher(): Watcher
  readonly topics: ReadonlySet<string>
  readonly shown: ReadonlyMap<number, Shown>
  readonly frames: { readonly head: DownHead; readonly body: string | undefined }[]
  /** The frame to send for a new observation; `token` only to resume. */
  observe(obs: number, name: string, selector: Selector, token?: string): Observe
  unobserve(obs: number): void
  /** With `hasHashes` it says what its rows hash to, as one that keeps them does. */
  connect(hasHashes?: boolean): readonly Observe[]
  hear(head: DownHead, body?: string): void
}

export type DeviceChange =
  | { readonly what: 'rows' | 'patch' | 'resumed'; readonly shown: Shown; readonly tokenBefore: string | undefined }
  | { readonly what: 'stray-patch'; readonly sel: number }
  | { readonly what: 'checked'; readonly shown: Shown; readonly found: string; readonly told: string }

export function createFakeDevice(options: {
  readonly name: string
  readonly roles?: readonly string[]
  readonly onChange?: (change: DeviceChange) => void
}): FakeDevice {
  const topics = new Set<string>()
  const shown = new Map<number, Shown>()
  const frames: { head: DownHead; body: string | undefined }[] = []
  const onChange = options.onChange ?? (() => undefined)
  let sessionCount = 0
  let keyedBy: readonly string[] = ['id']
  let orderBy: readonly string[] = []
  const principal: Principal = {
    user: options.name,
    device: options.name,
    service: 'field',
    roles: [...(options.roles ?? [])],
  }

  const makeWatcher = (): Watcher => {
    const session = ++sessionCount
    const isCurrent = (): boolean => session === sessionCount
    return {
      id: `${options.name}#${session}`,
      principal,
      send: (head, body) => isCurrent() && hear(head, body),
      join: (topic) => isCurrent() && topics.add(topic),
      leave: (topic) => isCurrent() && topics.delete(topic),
    }
  }
  let watcher = makeWatcher()

  const hear = (head: DownHead, body?: string): void => {
    frames.push({ head, body })
    switch (head.k) {
      case 'rows': {
        const one = must(shown.get(head.obs), `rows are sent for something observed, found ${head.obs}`)
        const tokenBefore = one.token
        keyedBy = head.keyedBy
        orderBy = head.orderBy
        const rows = JSON.parse(must(body, 'rows have a body')) as Row[]
        one.rows = new Map(rows.map((row) => [rowKey(row, keyedBy), row]))
        one.token = head.token
        one.sel = head.sel
        return onChange({ what: 'rows', shown: one, tokenBefore })
      }
      case 'resumed': {
        const one = must(shown.get(head.obs), `only what is observed resumes, found ${head.obs}`)
        one.sel = head.sel
        const tokenBefore = one.token
        one.token = head.token ?? one.token
        return onChange({ what: 'resumed', shown: one, tokenBefore })
      }
      case 'checked': {
        const one = must(shown.get(head.obs), `only what is observed is checked, found ${head.obs}`)
        return onChange({ what: 'checked', shown: one, found: hashOf(one) ?? '', told: head.hash })
      }
      case 'patch':
        for (const patch of JSON.parse(must(body, 'patches have a body')) as SelectorPatch[]) apply(patch)
        return
      case 'trouble':
        if (head.obs !== undefined && head.final) {
          const one = shown.get(head.obs)
          if (one) one.isRefused = true
        }
        return
      default:
        return
    }
  }

  const apply = (patch: SelectorPatch): void => {
    const watching = [...shown.values()].filter((one) => one.sel === patch.sel && !one.isRefused)
    if (watching.length === 0) onChange({ what: 'stray-patch', sel: patch.sel })
    for (const one of watching) {
      const rows = must(one.rows, 'patches follow rows')
      for (const row of patch.set) rows.set(rowKey(row, keyedBy), row)
      for (const key of patch.del) rows.delete(key)
      const tokenBefore = one.token
      one.token = patch.token
      onChange({ what: 'patch', shown: one, tokenBefore })
    }
  }

  const hashOf = ({ rows }: Shown): string | undefined =>
    rows && hashOfRows({ digest: digestRows(rows.values()), count: rows.size, keyedBy, orderBy })

  const toObserve = ({ obs, name, selector }: Shown, token: string | undefined): Observe => ({
    k: 'observe',
    obs,
    name,
    selector,
    ...(token !== undefined && { token }),
  })

  return {
    watcher: () => watcher,
    topics,
    shown,
    frames,
    hear,
    observe: (obs, name, selector, token) => {
      const one = { obs, name, selector, rows: undefined, token: undefined, sel: undefined, isRefused: false }
      shown.set(obs, one)
      return toObserve(one, token)
    },
    unobserve: (obs) => void shown.delete(obs),
    connect: (hasHashes = false) => {
      topics.clear()
      watcher = makeWatcher()
      return [...shown.values()].map((one) => {
        one.sel = undefined
        one.isRefused = false
        const hash = hasHashes ? hashOf(one) : undefined
        return { ...toObserve(one, one.token), ...(hash !== undefined && { hash }) }
      })
    },
  }
}
