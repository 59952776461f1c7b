import type { EditionPlugin } from './edition.ts'

/**
 * What pages and the service worker say to each other. Either may be older than the other by any number of builds: only
 * additions here, and what is not known is not heard.
 */
export type ToWorker =
  | { readonly t: 'facts' }
  /** Asks the server what it serves now, fetches what is missing, mends what is broken; the page is the worker's then. */
  | { readonly t: 'check' }
  /** From now on pages open with this edition. */
  | { readonly t: 'apply'; readonly edition: string }

export type FromWorker =
  | { readonly t: 'facts'; readonly facts: WorkerFacts }
  /** Every page that has nothing unsaved opens itself anew. */
  | { readonly t: 'applied'; readonly edition: string }

/** What lies on this device. */
export type WorkerFacts = {
  /** What pages open with. */
  readonly current?: EditionFacts
  /** Wholly fetched, and not asked for yet. */
  readonly waiting?: EditionFacts
  /** Files of the current edition that are not here, or not whole. */
  readonly missing: readonly string[]
  /** When the server last said what it serves. */
  readonly confirmedAt?: number
  readonly fetching?: { readonly fetchedCount: number; readonly fileCount: number }
  /** Why the last check came to nothing. */
  readonly trouble?: string
}

export type EditionFacts = {
  readonly id: string
  readonly shell: string
  readonly build: string
  readonly plugins: readonly EditionPlugin[]
  readonly fileCount: number
  readonly sizeBytes: number
  readonly savedAt: number
}

/** A page holds this lock as long as it uses the edition: its files stay. */
export function editionLock(edition: string): string {
  return `peek.edition.${edition}`
}
