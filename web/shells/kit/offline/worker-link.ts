import { type Accessor, createSignal } from 'solid-js'
import type { FromWorker, ToWorker, WorkerFacts } from './worker-messages.ts'

/** This page's line to the service worker. Without one, where the browser has none, everything here is silence. */
export interface WorkerLink {
  /** What lies on this device, as last heard. */
  readonly facts: Accessor<WorkerFacts | undefined>
  send(message: ToWorker): void
  /** Brings a service worker, or a newer one. Nothing that the page needs waits for it. */
  register(): Promise<void>
  /** Ends service workers here, and takes away what they kept. */
  remove(): Promise<void>
  close(): void
}

export type WorkerContainer = Pick<
  ServiceWorkerContainer,
  'controller' | 'getRegistrations' | 'register' | 'addEventListener' | 'removeEventListener' | 'startMessages'
>

export function linkWorker(container: WorkerContainer | undefined, onApplied: () => void): WorkerLink {
  const [facts, setFacts] = createSignal<WorkerFacts>()
  let registration: ServiceWorkerRegistration | undefined

  function hear(event: Event): void {
    const message = 'data' in event ? (event.data as FromWorker | null) : null
    if (message?.t === 'facts') setFacts(message.facts)
    if (message?.t === 'applied') onApplied()
  }
  container?.addEventListener('message', hear)
  container?.startMessages()

  function worker(): ServiceWorker | undefined {
    const { active = null, waiting = null, installing = null } = registration ?? {}
    return container?.controller ?? active ?? waiting ?? installing ?? undefined
  }

  return {
    facts,
    send: (message) => worker()?.postMessage(message),
    register: async () => {
      // A browser whose profile forbids it, or whose certificate is not trusted: the app works as without.
      registration = await container?.register('/sw.js', { updateViaCache: 'none' }).catch(() => undefined)
    },
    remove: async () => {
      const registrations = (await container?.getRegistrations().catch(() => [])) ?? []
      if (registrations.length === 0) return
      await Promise.all(registrations.map((one) => one.unregister()))
      const names = (await caches.keys()).filter((name) => name.startsWith('peek.edition'))
      await Promise.all(names.map((name) => caches.delete(name)))
      setFacts(undefined)
    },
    close: () => container?.removeEventListener('message', hear),
  }
}
