import type { AppManifest } from './app-manifest.ts'
import type { EditionPlugin } from './offline/edition.ts'
import type { WorkerFacts } from './offline/worker-messages.ts'

/** What of the app lies on this device: whether it starts without a network, and what is missing for that. */
export type AppShellState = {
  readonly support: AppShellSupport
  /** The build that this page runs. */
  readonly build: string
  /** The app with the screens of every enabled plugin is on this device, and whole. */
  readonly isWhole: boolean
  readonly fileCount: number
  readonly sizeBytes: number
  /** Addresses of files that are not here, or broken. */
  readonly missing: readonly string[]
  /** The plugins whose screens are on this device. */
  readonly plugins: readonly EditionPlugin[]
  readonly savedAt?: number
  /** When the server last said what it serves. */
  readonly confirmedAt?: number
  readonly fetching?: { readonly fetchedCount: number; readonly fileCount: number }
  /** Why the last look at what the server serves came to nothing. */
  readonly trouble?: string
  /** What waits for consent. */
  readonly waiting?: { readonly build: string; readonly savedAt: number }
}

/**
 * Whether this browser keeps the app: `insecure` is plain http from another machine, where browsers keep nothing;
 * `switched-off` and `not-offered` are the service's word.
 */
export type AppShellSupport = 'kept' | 'insecure' | 'unsupported' | 'switched-off' | 'not-offered'

export type BrowserSupport = { readonly isSecureContext: boolean; readonly hasServiceWorker: boolean }

export function appShellSupport(
  manifest: Pick<AppManifest, 'offline'> | undefined,
  browser: BrowserSupport,
): AppShellSupport {
  if (manifest?.offline === 'none') return 'not-offered'
  if (manifest?.offline === 'removed') return 'switched-off'
  if (!browser.isSecureContext) return 'insecure'
  return browser.hasServiceWorker ? 'kept' : 'unsupported'
}

export function toAppShellState(
  support: AppShellSupport,
  build: string,
  facts: WorkerFacts | undefined,
): AppShellState {
  const { current, waiting, missing = [], confirmedAt, fetching, trouble } = facts ?? {}
  return {
    support,
    build,
    isWhole: support === 'kept' && current !== undefined && missing.length === 0,
    fileCount: current?.fileCount ?? 0,
    sizeBytes: current?.sizeBytes ?? 0,
    missing,
    plugins: current?.plugins ?? [],
    ...(current && { savedAt: current.savedAt }),
    ...(confirmedAt !== undefined && { confirmedAt }),
    ...(fetching && { fetching }),
    ...(trouble !== undefined && { trouble }),
    ...(waiting && { waiting: { build: waiting.build, savedAt: waiting.savedAt } }),
  }
}

/** The state in a sentence, for the person. */
export function appShellWords(state: AppShellState): string {
  switch (state.support) {
    case 'insecure':
      return 'This address is not secure (http), so the browser keeps nothing: without a network the app does not start. Open it with https.'
    case 'unsupported':
      return 'This browser cannot keep the app: without a network it does not start. A private window, or an old browser, is the usual reason.'
    case 'switched-off':
      return 'An administrator has switched off that devices keep the app: without a network it does not start.'
    case 'not-offered':
      return 'This app works with the server only: it is not kept on the device.'
    case 'kept':
      if (state.fetching)
        return `Fetching the app: ${state.fetching.fetchedCount} of ${state.fetching.fileCount} files.`
      if (state.isWhole) return 'The app and all its screens are on this device: it starts without a network.'
      if (state.fileCount === 0) return state.trouble ?? 'The app is not on this device yet.'
      return `${state.missing.length} of ${state.fileCount} files are missing. They are fetched as soon as the server is reached.`
  }
}
