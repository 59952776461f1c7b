import { type Edition, parseEdition } from '../kit/offline/edition.ts'
import type { EditionFacts, WorkerFacts } from '../kit/offline/worker-messages.ts'
import type { EditionShelf, KeptEdition } from './edition-shelf.ts'
import { fetchFiles, findBroken } from './fetch-files.ts'

/**
 * Keeps the app on this device: the edition that pages open with, and beside it the one the server serves now.
 *
 * Promises: an edition is used wholly or not at all; pages go on with the one they have until somebody agrees to
 * another; one with the same shell, which only brings or takes away plugins, needs nobody's consent. Files that pages
 * still use stay.
 */
export interface EditionKeeper {
  facts(): Promise<WorkerFacts>
  check(): Promise<void>
  /** Whether pages open with this edition now. */
  apply(edition: string): Promise<boolean>
}

const deadlineMs = 30_000

export function createEditionKeeper(options: {
  readonly shelf: EditionShelf
  readonly fetch: (url: string, options: RequestInit) => Promise<Response>
  readonly now: () => number
  /** The editions that pages say they use. */
  readonly inUse: () => Promise<ReadonlySet<string>>
  readonly onFacts: (facts: WorkerFacts) => void
}): EditionKeeper {
  const { shelf, now } = options
  let trouble: string | undefined
  let fetching: WorkerFacts['fetching']
  let missing: readonly string[] = []
  let checking: Promise<void> | undefined
  let isAskedAgain = false

  async function facts(): Promise<WorkerFacts> {
    const state = await shelf.state()
    const [current, waiting] = await Promise.all([findFacts(state.current), findFacts(state.waiting)])
    return {
      missing,
      ...(current && { current }),
      ...(waiting && { waiting }),
      ...(state.confirmedAt !== undefined && { confirmedAt: state.confirmedAt }),
      ...(fetching && { fetching }),
      ...(trouble !== undefined && { trouble }),
    }
  }

  async function findFacts(id: string | undefined): Promise<EditionFacts | undefined> {
    const kept = id === undefined ? undefined : await shelf.find(id)
    return kept && toFacts(kept)
  }

  async function tell(): Promise<void> {
    options.onFacts(await facts())
  }

  async function checkUntilDone(): Promise<void> {
    do {
      isAskedAgain = false
      await checkOnce()
    } while (isAskedAgain)
  }

  async function checkOnce(): Promise<void> {
    try {
      const served = await askServer()
      trouble = undefined
      await take(served)
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error)
    }
    fetching = undefined
    await removeUnused().catch(() => undefined)
    await tell()
  }

  async function askServer(): Promise<Edition> {
    const signal = AbortSignal.timeout(deadlineMs)
    const response = await options.fetch('/api/edition', { cache: 'no-cache', credentials: 'same-origin', signal })
    const edition = response.ok ? parseEdition(await response.json().catch(() => undefined)) : undefined
    if (edition === undefined)
      throw new Error(`The server does not say what the app is made of (status ${response.status})`)
    return edition
  }

  async function take(served: Edition): Promise<void> {
    const enabled = served.manifest.plugins.map(({ id }) => id)
    // Offline from here on, what is there stays as it is; how far the fetch came stays too.
    await shelf.change((state) => ({ ...state, served: served.id, enabled, confirmedAt: now() }))
    if ((await findCurrent())?.edition.id === served.id) await mend(served)
    else await bring(served)
    while (!(await place(served)));
    missing = []
  }

  /**
   * Pages open with it, or it waits for consent. False when somebody agreed to another edition while the current one was
   * looked through: what pages open with now is another matter.
   */
  async function place(served: Edition): Promise<boolean> {
    const { current: id } = await shelf.state()
    const current = id === undefined ? undefined : await shelf.find(id)
    const isUsable = current !== undefined && (await findMissing(current.edition)).length === 0
    const needsConsent = isUsable && current.edition.manifest.shell !== served.manifest.shell
    let isPlaced = false
    await shelf.change((state) => {
      isPlaced = state.current === id
      if (!isPlaced) return state
      const { waiting: _waiting, ...rest } = state
      return needsConsent ? { ...rest, waiting: served.id } : { ...rest, current: served.id }
    })
    return isPlaced
  }

  async function findCurrent(): Promise<KeptEdition | undefined> {
    const { current } = await shelf.state()
    return current === undefined ? undefined : shelf.find(current)
  }

  /** What is broken or gone is fetched again. */
  async function mend(edition: Edition): Promise<void> {
    if ((await findMissing(edition)).length > 0) await bring(edition)
  }

  async function findMissing(edition: Edition): Promise<readonly string[]> {
    const broken = await findBroken(edition.files, await shelf.files(edition.id))
    missing = broken.map(({ url }) => url)
    return missing
  }

  async function bring(edition: Edition): Promise<void> {
    const { files } = edition
    const fileCount = files.length
    fetching = { fetchedCount: 0, fileCount }
    await tell()
    await fetchFiles({
      files,
      into: await shelf.files(edition.id),
      source: { fetch: options.fetch, findCopy: ({ url }) => shelf.findAnywhere(url) },
      onFetched: (fetchedCount) => {
        fetching = { fetchedCount, fileCount }
        if (fetchedCount % tellEveryFiles === 0) void tell()
      },
    })
    await shelf.complete(edition, now())
  }

  /** Stay: what pages open with or may open with, what pages use, and the latest before, for pages that have just opened. */
  async function removeUnused(): Promise<void> {
    const { current, waiting, served } = await shelf.state()
    const inUse = await options.inUse()
    const stays = (id: string) => id === current || id === waiting || id === served || inUse.has(id)
    const others = (await shelf.ids()).filter((id) => !stays(id))
    const kept = await Promise.all(others.map(async (id) => ({ id, savedAt: (await shelf.find(id))?.savedAt ?? 0 })))
    const [latest] = kept.filter(({ savedAt }) => savedAt > 0).sort((a, b) => b.savedAt - a.savedAt)
    for (const { id } of kept) if (id !== latest?.id) await shelf.remove(id)
  }

  return {
    facts,
    check: () => {
      // Who asks in the middle of one may know more than the server had said by then.
      isAskedAgain = checking !== undefined
      checking ??= checkUntilDone().finally(() => {
        checking = undefined
      })
      return checking
    },
    apply: async (edition) => {
      if ((await shelf.find(edition)) === undefined) return false
      let isApplied = false
      await shelf.change((state) => {
        isApplied = state.waiting === edition || state.current === edition
        if (state.waiting !== edition) return state
        const { waiting: _waiting, ...rest } = state
        return { ...rest, current: edition }
      })
      if (isApplied) missing = []
      await tell()
      return isApplied
    },
  }
}

const tellEveryFiles = 5

function toFacts({ edition, savedAt }: KeptEdition): EditionFacts {
  const { id, manifest, files } = edition
  const { shell, build, plugins } = manifest
  return {
    id,
    shell,
    build,
    plugins: plugins.map((plugin) => ({ id: plugin.id, title: plugin.title })),
    fileCount: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    savedAt,
  }
}
