import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { type Row, rowKey, selectorKey } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { RowCache } from '../cache/row-cache.ts'
import { type Pack, type PackedRows, toTuples } from './define-pack.ts'

/**
 * Brings rows onto the device, a few selectors at a time and behind what screens show, and goes on watching them: what
 * changes later comes by itself.
 */
export interface PackFetcher {
  /** What belongs to the pack just now; needs a connection. */
  choose(pack: Pack): Promise<readonly PackedRows[]>
  /**
   * Resolves when all rows are on the device, or nobody wants them any more. A cut connection only takes longer. Without those
   * that the server refuses for good: with the first such refusal, if there was any.
   */
  fetch(rows: readonly PackedRows[], options: FetchOptions): Promise<PlatformError | undefined>
  /** Watches no others any longer. */
  watchOnly(keys: ReadonlySet<string>): void
  close(): void
}

type FetchOptions = { readonly isWanted: () => boolean; readonly onProgress: (share: number) => void }

const atOnceMax = 4
/** Watched from then on; the service bounds what one page may watch. Others are brought up to date with the next connection. */
const watchedMax = 200
/** As long as there is a connection: for one selector. */
const patienceMs = 60_000

export function createPackFetcher(options: {
  readonly client: VortexClient
  readonly clock: Clock
  readonly cache: RowCache
}): PackFetcher {
  const { client, clock, cache } = options
  const watched = new Map<string, () => void>()

  return {
    choose,
    fetch,
    watchOnly: (keys) => {
      for (const [key, stop] of watched) {
        if (keys.has(key)) continue
        watched.delete(key)
        stop()
      }
    },
    close: () => {
      for (const stop of watched.values()) stop()
      watched.clear()
    },
  }

  async function choose(pack: Pack): Promise<readonly PackedRows[]> {
    const state = client.state()
    if (state.state !== 'online')
      throw new PlatformError(
        'unavailable',
        'There is no connection: what is on this device stays, the rest can be fetched when it is back.',
      )
    const { user, roles } = state.welcome.principal
    const asked: PackedRows[] = []
    const chosen = await pack.selectors({
      ...{ user, roles, now: clock.now() },
      rows: async (of, selector) => {
        asked.push({ of, selector })
        return toTuples<typeof of>(await readOnce({ of, selector }))
      },
    })
    const byKey = new Map([...asked, ...chosen].map((one) => [selectorKey(one.of.name, one.selector), one]))
    return [...byKey.values()]
  }

  async function fetch(
    rows: readonly PackedRows[],
    { isWanted, onProgress }: FetchOptions,
  ): Promise<PlatformError | undefined> {
    const left = [...rows]
    let refusal: PlatformError | undefined
    let doneCount = 0
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next && isWanted(); next = left.shift()) {
        const refused = await bring(next)
        refusal ??= refused
        doneCount += 1
        onProgress(doneCount / rows.length)
      }
    }
    const works = Array.from({ length: atOnceMax }, () =>
      work().catch((error: unknown) => {
        // Nobody goes on with a pack that has to be tried again.
        left.length = 0
        throw error
      }),
    )
    const failed = (await Promise.allSettled(works)).find((ended) => ended.status === 'rejected')
    if (failed) throw failed.reason
    return refusal
  }

  /** The words of the server when it refuses them for good. */
  async function bring({ of, selector }: PackedRows): Promise<PlatformError | undefined> {
    const key = selectorKey(of.name, selector)
    let arrived = createDeferred<PlatformError | undefined>()
    const come = () => arrived.resolve(undefined)
    const stop = cache.observe(
      { name: of.name, selector, fields: of.fields },
      {
        rows: come,
        patch: come,
        resumed: come,
        trouble: (error, final) => final && arrived.resolve(toRefusal(of.name, error)),
      },
      false,
    )
    let refusal: PlatformError | undefined
    try {
      for (let isThere = false; !isThere && !refusal; ) {
        refusal = await patiently(arrived.promise, of.name)
        arrived = createDeferred()
        // Once more: another page may have given up its entry under it.
        isThere = refusal === undefined && ((await cache.saveNow(key)) || (await cache.saveNow(key)))
        if (cache.troubles().isFull && !isThere && !refusal)
          throw new PlatformError('disk-full', `This device has no room for ${of.name}.`)
        // Where its rows were nowhere but on the device, and were taken out, they are asked for: they come once more.
      }
    } catch (error) {
      stop()
      throw error
    }
    watched.get(key)?.()
    watched.delete(key)
    // What was refused is asked for anew by the next fetch, which it is not as long as somebody waits for it.
    if (!refusal && watched.size < watchedMax) watched.set(key, stop)
    else stop()
    return refusal
  }

  async function readOnce({ of, selector }: PackedRows): Promise<readonly Row[]> {
    const arrived = createDeferred<void>()
    const rows = new Map<string, Row>()
    let keyedBy: readonly string[] = []
    const take = (state: { readonly rows: readonly Row[]; readonly keyedBy: readonly string[] }) => {
      keyedBy = state.keyedBy
      rows.clear()
      for (const row of state.rows) rows.set(rowKey(row, keyedBy), row)
    }
    const stop = cache.observe(
      { name: of.name, selector, fields: of.fields },
      {
        kept: take,
        rows: (state) => {
          take(state)
          arrived.resolve()
        },
        patch: ({ set, del }) => {
          for (const key of del) rows.delete(key)
          for (const row of set) rows.set(rowKey(row, keyedBy), row)
        },
        resumed: () => arrived.resolve(),
        trouble: (error, final) => final && arrived.reject(toRefusal(of.name, error)),
      },
      true,
    )
    try {
      await patiently(arrived.promise, of.name)
      return [...rows.values()]
    } finally {
      stop()
    }
  }

  /** Time without a connection does not count: what was begun goes on when it is back. */
  async function patiently<T>(work: Promise<T>, name: string): Promise<T> {
    const late = createDeferred<never>()
    let cancel: () => void = () => undefined
    const again = () => {
      cancel()
      cancel = () => undefined
      if (client.state().state !== 'online') return
      const words = `${name} did not come within a minute: try again.`
      cancel = clock.after(patienceMs, () => late.reject(new PlatformError('timeout', words)))
    }
    const stop = client.onState(again)
    again()
    try {
      return await Promise.race([work, late.promise])
    } finally {
      stop()
      cancel()
    }
  }
}

function toRefusal(name: string, { words }: WireError): PlatformError {
  return new PlatformError('bad-input', `${name}: ${words}`)
}
