import { editionLock, type FromWorker, type ToWorker } from '../kit/offline/worker-messages.ts'
import { answerRequest } from './answer-request.ts'
import { createEditionKeeper } from './edition-keeper.ts'
import { createEditionShelf } from './edition-shelf.ts'
import type { ServiceWorkerScope } from './worker-scope.ts'

/**
 * The service worker: the app starts and goes on without a network.
 *
 * It holds no build of the app: which edition pages open with is state on the device, and only a person changes it. The
 * worker itself is plumbing that keeps no form half filled: a newer one takes over at once, so that one with a fault does
 * not outlive the next page that is opened.
 */
declare const self: ServiceWorkerScope

const shelf = createEditionShelf(caches, async (work) => navigator.locks.request('peek.editions', work))
const keeper = createEditionKeeper({
  shelf,
  fetch: (url, options) => fetch(url, options),
  now: () => Date.now(),
  inUse: editionsInUse,
  onFacts: (facts) => void tellPages({ t: 'facts', facts }),
})

self.addEventListener('install', () => void self.skipWaiting())
// The page that brought this worker goes offline with it, not only the next one.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (url.origin !== self.location.origin) return
  const asked = { method: request.method, url, isPage: request.mode === 'navigate' }
  const answer = answerRequest({ asked, shelf, fetch: () => fetch(request) })
  if (answer !== undefined) event.respondWith(answer)
})

self.addEventListener('message', (event) => {
  const message = event.data as ToWorker | null
  switch (message?.t) {
    case 'facts':
      event.waitUntil(keeper.facts().then((facts) => tellPages({ t: 'facts', facts })))
      break
    case 'check':
      event.waitUntil(Promise.all([takeOver(), keeper.check()]))
      break
    case 'apply':
      event.waitUntil(apply(message.edition))
      break
  }
})

/** A page that was still on its way here when this worker began is nobody's, until that is made good. */
async function takeOver(): Promise<void> {
  // Refused before it has begun: then it takes them over by that.
  await self.clients.claim().catch(() => undefined)
}

async function apply(edition: string): Promise<void> {
  if (await keeper.apply(edition)) await tellPages({ t: 'applied', edition })
}

async function tellPages(message: FromWorker): Promise<void> {
  for (const page of await self.clients.matchAll({ type: 'window', includeUncontrolled: true }))
    page.postMessage(message)
}

/** Pages hold a lock each on the edition they use; the browser lets it go with the page, however that ends. */
async function editionsInUse(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query()
  const prefix = editionLock('')
  return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])))
}
