import type { EditionManifest } from '../kit/offline/edition.ts'
import type { EditionShelf, KeptEdition, ShelfState } from './edition-shelf.ts'
import { isWhole } from './fetch-files.ts'

/**
 * Answers what pages ask for out of the current edition, and leaves to the network what is none of its files: calls of
 * the api above all, which are never kept.
 *
 * Promises: trouble with what is kept never stands between a page and a server that is there.
 */
export type Asked = { readonly method: string; readonly url: URL; readonly isPage: boolean }

/** Undefined: none of our business. */
export function answerRequest(question: Question): Promise<Response> | undefined {
  return answerIfOurs(question)?.catch(() => question.fetch())
}

type Question = {
  readonly asked: Asked
  readonly shelf: EditionShelf
  /** The request as the browser would have sent it. */
  fetch(): Promise<Response>
}

function answerIfOurs({ asked, shelf, fetch }: Question): Promise<Response> | undefined {
  const { pathname, searchParams } = asked.url
  if (asked.method !== 'GET') return undefined
  if (pathname === '/api/manifest') return answerManifest(shelf, searchParams.get('shell'), fetch)
  if (isOfServer(pathname)) return undefined
  if (asked.isPage && !/\.\w{1,8}$/.test(pathname)) return answerPage(shelf, fetch)
  if (/^\/(assets|plugins)\//.test(pathname)) return answerHashed(shelf, pathname, searchParams.has('attempt'), fetch)
  return asked.isPage ? undefined : answerFile(shelf, pathname, fetch)
}

/** What services answer themselves, and parts of plugins. */
function isOfServer(pathname: string): boolean {
  return /^\/(api|vortex|health|ready|metrics|sw\.js)(\/|$)|^\/p\/[^/]+\/api(\/|$)/.test(pathname)
}

/** The app's one page stands for every address: the app shows what it means. */
async function answerPage(shelf: EditionShelf, fetch: () => Promise<Response>): Promise<Response> {
  const { current } = await shelf.state()
  const page = current === undefined ? undefined : await (await shelf.files(current)).match('/')
  return page ?? fetch()
}

async function answerFile(shelf: EditionShelf, pathname: string, fetch: () => Promise<Response>): Promise<Response> {
  const current = await findCurrent(shelf, await shelf.state())
  const isListed = current?.edition.files.some(({ url }) => url === pathname) ?? false
  const file = current && isListed ? await (await shelf.files(current.edition.id)).match(pathname) : undefined
  return file ?? fetch()
}

/** The hash is in the address: one edition's copy is as good as another's, and a page may use any of them. */
async function answerHashed(
  shelf: EditionShelf,
  pathname: string,
  isDoubted: boolean,
  fetch: () => Promise<Response>,
): Promise<Response> {
  if (isDoubted) await removeBroken(shelf, pathname)
  const kept = await shelf.findAnywhere(pathname)
  if (kept) return kept
  const fetched = await fetch()
  if (fetched.ok) await keepIfListed(shelf, pathname, fetched.clone()).catch(() => undefined)
  return fetched
}

/** A page that failed with a file asks for it again in so many words. */
async function removeBroken(shelf: EditionShelf, pathname: string): Promise<void> {
  for (const id of await shelf.ids()) {
    const cache = await shelf.files(id)
    const listed = (await shelf.find(id))?.edition.files.find(({ url }) => url === pathname)
    if (listed && !(await isWhole(listed, await cache.match(pathname)))) await cache.delete(pathname)
  }
}

async function keepIfListed(shelf: EditionShelf, pathname: string, fetched: Response): Promise<void> {
  const current = await findCurrent(shelf, await shelf.state())
  const listed = current?.edition.files.find(({ url }) => url === pathname)
  if (!current || !listed || !(await isWhole(listed, fetched.clone()))) return
  await (await shelf.files(current.edition.id)).put(pathname, fetched)
}

/** That of the page's own shell where there is one: a page must not load screens that were built with another. */
async function answerManifest(
  shelf: EditionShelf,
  shell: string | null,
  fetch: () => Promise<Response>,
): Promise<Response> {
  const state = await shelf.state()
  const current = await findCurrent(shelf, state)
  if (current === undefined) return fetch()
  const fitting = shell === null || current.edition.manifest.shell === shell ? current : await findOfShell(shelf, shell)
  const { edition, savedAt } = fitting ?? current
  const kept = { keptAt: savedAt, ...(state.confirmedAt !== undefined && { confirmedAt: state.confirmedAt }) }
  return Response.json({ ...onlyEnabled(edition.manifest, state), ...kept, offline: 'kept' })
}

async function findOfShell(shelf: EditionShelf, shell: string): Promise<KeptEdition | undefined> {
  const kept = await Promise.all((await shelf.ids()).map((id) => shelf.find(id)))
  return kept
    .filter((one) => one?.edition.manifest.shell === shell)
    .sort((a, b) => (b?.savedAt ?? 0) - (a?.savedAt ?? 0))[0]
}

/** A plugin that the server has switched off since is gone here too, also while its newer edition waits. */
function onlyEnabled(manifest: EditionManifest, { enabled }: ShelfState): EditionManifest {
  if (enabled === undefined) return manifest
  return { ...manifest, plugins: manifest.plugins.filter(({ id }) => enabled.includes(id)) }
}

async function findCurrent(shelf: EditionShelf, { current }: ShelfState): Promise<KeptEdition | undefined> {
  return current === undefined ? undefined : shelf.find(current)
}
