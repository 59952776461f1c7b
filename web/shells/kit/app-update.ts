import { type Accessor, createEffect, createMemo, createRoot, createSignal, onCleanup } from 'solid-js'
import { discardUnsavedInput, hasUnsavedInput } from '#web/sdk/unsaved-input.ts'
import type { AppManifest } from './app-manifest.ts'
import type { EditionPlugin } from './offline/edition.ts'
import type { WorkerLink } from './offline/worker-link.ts'

/**
 * The offer of another build of the app, newer or, when the server went back, older.
 *
 * Promises: nothing happens unless a person agrees, and then only when no tab holds unsaved input; all tabs change
 * together. What was done and is not sent yet lies on the device and is none of its business.
 */
export interface AppUpdate {
  isReady(): boolean
  /** What it brings, in words. */
  words(): string
  /** Agreed to, and waiting for input that is not sent yet, here or in another tab. */
  isWaiting(): boolean
  /** This page holds input that is not sent yet. */
  hasUnsavedInput(): boolean
  apply(): void
  /** Gives up what is typed on this page; other tabs are waited for all the same. */
  discardAndApply(): void
  cancel(): void
}

type Offer = { readonly edition?: string; readonly build: string; readonly plugins: readonly EditionPlugin[] }

/** Every page with unsaved input holds it together with the others; who updates wants it alone. */
const unsavedLock = 'peek.unsaved'

export function createAppUpdate(options: {
  /** The shell this page is, and the build it is of. */
  readonly own: { readonly shell: string; readonly build: string }
  /** What this page shows now, and what the server said last. */
  readonly shown: Accessor<AppManifest | undefined>
  readonly served: Accessor<AppManifest | undefined>
  readonly link: Pick<WorkerLink, 'facts' | 'send'>
  readonly locks: LockManager | undefined
  reload(): void
}): AppUpdate & { onApplied(): void } {
  const { own, shown, served, link, locks } = options
  const [agreed, setAgreed] = createSignal<AbortController>()
  const offer = createMemo((): Offer | undefined => {
    if (own.shell === '') return undefined
    const { waiting, current } = link.facts() ?? {}
    const kept = waiting ?? current
    if (kept) return kept.shell === own.shell ? undefined : { ...kept, ...(waiting && { edition: waiting.id }) }
    const manifest = served()
    if (!manifest?.shell || manifest.shell === own.shell) return undefined
    return { build: manifest.build, plugins: manifest.plugins }
  })

  // Held from the first letter to the last: let go for a moment at each, another tab's update would slip in between.
  const isUnsaved = createMemo(hasUnsavedInput)
  createEffect(() => {
    if (locks && isUnsaved()) onCleanup(holdShared(locks))
  })
  onCleanup(() => agreed()?.abort())

  function apply(): void {
    if (agreed()) return
    const waiting = new AbortController()
    setAgreed(waiting)
    const done = () => setAgreed(undefined)
    const { signal } = waiting
    const turn = locks
      ? locks.request(unsavedLock, { mode: 'exclusive', signal }, changeOver)
      : whenSaved(signal).then(changeOver)
    turn.then(done, done)
  }

  /** Resolves when the service worker had its time: by then this page is gone, or the offer was not good any more. */
  async function changeOver(): Promise<void> {
    const edition = offer()?.edition
    if (edition === undefined) return hasUnsavedInput() ? undefined : options.reload()
    link.send({ t: 'apply', edition })
    await new Promise((resolve) => setTimeout(resolve, changeOverMs))
  }

  return {
    isReady: () => offer() !== undefined,
    words: () => offerWords(offer(), own.build, shown()?.plugins ?? []),
    isWaiting: () => agreed() !== undefined,
    hasUnsavedInput,
    apply,
    discardAndApply: () => {
      discardUnsavedInput()
      apply()
    },
    cancel: () => agreed()?.abort(),
    onApplied: () => {
      // Whoever began to type in the last moment goes on, and is offered the update again.
      if (!hasUnsavedInput()) options.reload()
    },
  }
}

const changeOverMs = 10_000

function holdShared(locks: LockManager): () => void {
  const held = Promise.withResolvers<void>()
  const asking = new AbortController()
  void locks.request(unsavedLock, { mode: 'shared', signal: asking.signal }, () => held.promise).catch(() => undefined)
  return () => {
    asking.abort()
    held.resolve()
  }
}

/** Where there are no locks there is no service worker either, and every page updates for itself. */
function whenSaved(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) =>
    createRoot((end) => {
      signal.addEventListener('abort', () => {
        end()
        reject(signal.reason)
      })
      createEffect(() => {
        if (hasUnsavedInput()) return
        resolve()
        queueMicrotask(end)
      })
    }),
  )
}

export function offerWords(
  offer: Pick<Offer, 'build' | 'plugins'> | undefined,
  ownBuild: string,
  shown: readonly EditionPlugin[],
): string {
  if (offer === undefined) return ''
  const versions =
    offer.build === ownBuild
      ? `Another build of version ${ownBuild}`
      : `Version ${offer.build}, in place of ${ownBuild},`
  const added = titlesOf(offer.plugins, shown)
  const gone = titlesOf(shown, offer.plugins)
  return [
    `${versions} is ready on this device.`,
    added && `It brings ${added}.`,
    gone && `It takes away ${gone}.`,
    'All tabs of this app open anew; what you did and is not sent yet is kept.',
  ]
    .filter((words) => words !== '')
    .join(' ')
}

function titlesOf(these: readonly EditionPlugin[], butNot: readonly EditionPlugin[]): string {
  const known = new Set(butNot.map(({ id }) => id))
  return these
    .filter(({ id }) => !known.has(id))
    .map(({ title }) => title)
    .join(', ')
}
