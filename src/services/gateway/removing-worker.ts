/**
 * A service worker that takes itself away: browsers that keep the app fetch it in place of theirs, at the next page they
 * open at the latest. It removes the kept files, and nothing else: what people did and is not sent yet lies elsewhere.
 */
export const removingWorker = `self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(remove()))
async function remove() {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith('peek.edition')).map((name) => caches.delete(name)))
  await self.registration.unregister()
}
`
