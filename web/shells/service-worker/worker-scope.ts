/** What we use of a service worker's global scope: the compiler's own list of names would collide with that of pages. */
export interface ServiceWorkerScope {
  readonly location: { readonly origin: string }
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: {
      readonly type: 'window'
      readonly includeUncontrolled: boolean
    }): Promise<readonly { postMessage(message: unknown): void }[]>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(type: 'fetch', listener: (event: FetchAsked) => void): void
  addEventListener(type: 'message', listener: (event: MessageHeard) => void): void
}

type Extendable = { waitUntil(work: Promise<unknown>): void }
type FetchAsked = Extendable & { readonly request: Request; respondWith(answer: Promise<Response>): void }
type MessageHeard = Extendable & { readonly data: unknown }
