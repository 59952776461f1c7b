import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'
import { whenIdle } from '#web/ui'
import type { AppManifest } from './app-manifest.ts'
import { type AppShellState, appShellSupport, toAppShellState } from './app-shell-state.ts'
import { type AppUpdate, createAppUpdate } from './app-update.ts'
import { linkWorker } from './offline/worker-link.ts'
import { editionLock } from './offline/worker-messages.ts'
import { pageBuild, pageShell } from './page-build.ts'

/** The app as it lies on this device, and the update that is offered for it. */
export type AppShell = {
  readonly state: Accessor<AppShellState>
  readonly update: AppUpdate
  /** Looks now for what the server serves, and mends what is missing here. */
  check(): void
}

const checkEveryMs = 10 * 60_000
const checkAgainAfterMs = 60_000

export function createAppShell(options: {
  /** What this page shows now, and what the server, or the device for it, said last. */
  readonly shown: Accessor<AppManifest | undefined>
  readonly served: Accessor<AppManifest | undefined>
  readonly connection: Accessor<'connecting' | 'online' | 'offline' | 'refused'>
  /** The device keeps another edition now than the one that is shown. */
  onEdition(edition: string): void
}): AppShell {
  const { shown, served, connection } = options
  const container: ServiceWorkerContainer | undefined = navigator.serviceWorker
  const locks: LockManager | undefined = navigator.locks
  const own = { shell: pageShell(), build: pageBuild() }
  const link = linkWorker(container, () => update.onApplied())
  const update = createAppUpdate({ own, shown, served, link, locks, reload: () => location.reload() })
  const browser = { isSecureContext: window.isSecureContext, hasServiceWorker: container !== undefined }
  const support = createMemo(() => appShellSupport(served(), browser))
  const [checkedAt, setCheckedAt] = createSignal(Number.NEGATIVE_INFINITY)

  function check(): void {
    if (support() !== 'kept') return
    setCheckedAt(performance.now())
    link.send({ t: 'check' })
  }
  const checkIfDue = () => {
    if (document.visibilityState === 'visible' && performance.now() - checkedAt() >= checkAgainAfterMs) check()
  }

  const told = createMemo(() => (served() === undefined ? undefined : support()))
  createEffect(
    on(told, (found) => {
      if (found === 'switched-off') void link.remove()
      if (found !== 'kept') return
      if (container?.controller) check()
      const cancel = whenIdle(() => void link.register().then(() => !container?.controller && check()))
      onCleanup(cancel)
    }),
  )
  // The server may be another than before; and one that refuses this build may have the right one.
  createEffect(on(connection, (state) => (state === 'online' || state === 'refused') && check(), { defer: true }))
  createEffect(() => {
    const { current } = link.facts() ?? {}
    if (current && current.shell === own.shell && current.id !== shown()?.edition) options.onEdition(current.id)
  })
  createEffect(() => {
    const edition = shown()?.edition
    if (edition && locks) onCleanup(hold(locks, editionLock(edition)))
  })

  const timer = setInterval(checkIfDue, checkEveryMs)
  document.addEventListener('visibilitychange', checkIfDue)
  onCleanup(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', checkIfDue)
    link.close()
  })
  return { state: createMemo(() => toAppShellState(support(), own.build, link.facts())), update, check }
}

function hold(locks: LockManager, name: string): () => void {
  const held = Promise.withResolvers<void>()
  void locks.request(name, { mode: 'shared' }, () => held.promise).catch(() => undefined)
  return () => held.resolve()
}
