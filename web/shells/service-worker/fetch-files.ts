import type { EditionFile } from '../kit/offline/edition.ts'
import type { FileCache } from './edition-shelf.ts'

/**
 * Brings the files of an edition into a cache.
 *
 * Promises: what is put there is whole, by its hash; what is there and whole is not fetched again, so a fetch that was
 * cut off goes on where it was. Throws when a file cannot be had, or not as it should be.
 */
export type FileSource = {
  readonly fetch: (url: string, options: RequestInit) => Promise<Response>
  /** A copy that lies in another edition. */
  readonly findCopy: (file: EditionFile) => Promise<Response | undefined>
}

const atOnceCountMax = 6
const deadlineMs = 60_000

export async function fetchFiles(options: {
  readonly files: readonly EditionFile[]
  readonly into: FileCache
  readonly source: FileSource
  onFetched(fetchedCount: number): void
}): Promise<void> {
  const { files, into, source } = options
  const queue = [...files]
  let fetchedCount = 0
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await bring(file, into, source).catch((error: unknown) => {
        // The others need not go on.
        queue.length = 0
        throw error
      })
      options.onFetched(++fetchedCount)
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnceCountMax, files.length) }, work))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}

/** The files that are not there, or not whole. */
export async function findBroken(files: readonly EditionFile[], cache: FileCache): Promise<readonly EditionFile[]> {
  const broken: EditionFile[] = []
  for (const file of files) if (!(await isWhole(file, await cache.match(file.url)))) broken.push(file)
  return broken
}

export async function isWhole(file: EditionFile, found: Response | undefined): Promise<boolean> {
  const bytes = await found?.arrayBuffer().catch(() => undefined)
  return bytes !== undefined && (await hashOf(bytes)) === file.hash
}

async function bring(file: EditionFile, into: FileCache, source: FileSource): Promise<void> {
  if (await isWhole(file, await into.match(file.url))) return
  const kept = (await take(file, await source.findCopy(file))) ?? (await download(file, source))
  await into.put(file.url, kept)
}

async function download(file: EditionFile, { fetch }: FileSource): Promise<Response> {
  // What the page has just loaded comes out of the browser's own cache, unless that has it wrong.
  for (const cache of [file.url === '/' ? 'no-cache' : 'default', 'reload'] as const) {
    const response = await fetch(file.url, {
      cache,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(deadlineMs),
    })
    const taken = response.ok ? await take(file, response) : undefined
    if (taken !== undefined) return taken
  }
  throw new Error(`${file.url} could not be fetched as the server lists it`)
}

/**
 * The answer itself, not another made of its bytes: only with those do browsers keep what they compiled of a script
 * (Chromium 156: `consumedCacheSize` of `v8.compile` in a trace).
 */
async function take(file: EditionFile, found: Response | undefined): Promise<Response | undefined> {
  if (found === undefined || !(await isWhole(file, found.clone()))) return undefined
  return isUsable(found) ? found : remade(found)
}

/** Browsers open no page with an answer that was redirected, and caches refuse parts and what differs with everything. */
function isUsable({ status, redirected, headers }: Response): boolean {
  return status === 200 && !redirected && !headers.get('vary')?.includes('*')
}

/** How the bytes travelled does not count any more. */
function remade({ body, headers }: Response): Response {
  const own = new Headers(headers)
  for (const name of ['vary', 'content-encoding', 'content-length', 'content-range']) own.delete(name)
  return new Response(body, { headers: own })
}

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return btoa(String.fromCharCode(...hash))
    .replace(/[+]/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
}
