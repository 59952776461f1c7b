import {
  createContext,
  createEffect,
  createSignal,
  type JSX,
  Match,
  on,
  onCleanup,
  onMount,
  Switch,
  untrack,
  useContext,
} from 'solid-js'
import { createStore, reconcile } from 'solid-js/store'
import { useConnection } from '#web/sdk'
import { hasUnsavedInput } from '#web/sdk/unsaved-input.ts'
import { ErrorPanel, Loading } from '#web/ui'
import { type AppManifest, loadAppManifest } from './app-manifest.ts'
import type { AppShellState } from './app-shell-state.ts'
import type { AppUpdate } from './app-update.ts'
import { type AppShell, createAppShell } from './create-app-shell.ts'
import { pageShell } from './page-build.ts'
import { PluginPacks } from './plugin-packs.tsx'

type LoadedManifest = { readonly manifest: AppManifest; readonly shell: AppShell }

const ManifestContext = createContext<LoadedManifest>()
const retryDelayMs = 5_000

/**
 * Loads the app's manifest before anything else is shown, from the device where that keeps it, and again whenever the
 * connection comes back: plugins may have come and gone meanwhile.
 *
 * Promises: a page shows only screens that were built with its own shell; those of another build wait for the update. No
 * screen comes or goes while somebody types.
 */
export function ManifestGate(props: { readonly children: JSX.Element }): JSX.Element {
  const connection = useConnection()
  const [store, setStore] = createStore<{ manifest?: AppManifest }>({})
  const [served, setServed] = createSignal<AppManifest>()
  const [words, setWords] = createSignal<string>()
  const shell = createAppShell({
    shown: () => store.manifest,
    served,
    connection: connection.state,
    onEdition: () => void load(),
  })
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let loadCount = 0

  async function load(): Promise<void> {
    clearTimeout(retryTimer)
    const turn = ++loadCount
    try {
      const found = await loadAppManifest(pageShell())
      // What was asked for later is newer.
      if (turn !== loadCount) return
      setServed(found)
      setWords(undefined)
    } catch (error) {
      if (turn !== loadCount) return
      setWords(error instanceof Error ? error.message : String(error))
      retryTimer = setTimeout(() => void load(), retryDelayMs)
    }
  }

  onMount(() => void load())
  onCleanup(() => clearTimeout(retryTimer))
  createEffect(on(connection.state, (state) => state === 'online' && void load(), { defer: true }))

  createEffect(() => {
    const next = served()
    const shown = untrack(() => store.manifest)
    if (next === undefined || (shown && (next.shell !== shown.shell || hasUnsavedInput()))) return
    setStore('manifest', reconcile(next, { key: 'id' }))
  })

  return (
    <Switch fallback={<Loading label="Loading the app" />}>
      <Match when={store.manifest}>
        {(manifest) => (
          <ManifestContext.Provider
            value={{
              get manifest() {
                return manifest()
              },
              shell,
            }}
          >
            <PluginPacks manifest={manifest()} />
            {props.children}
          </ManifestContext.Provider>
        )}
      </Match>
      <Match when={words()}>
        {(text) => <ErrorPanel title="The app cannot start yet" words={text()} onRetry={() => void load()} />}
      </Match>
    </Switch>
  )
}

export function useAppManifest(): LoadedManifest {
  const loaded = useContext(ManifestContext)
  if (loaded === undefined) throw new Error('useAppManifest needs a ManifestGate around the component')
  return loaded
}

/** What of the app lies on this device. */
export function useAppShellState(): () => AppShellState {
  return useAppManifest().shell.state
}

/** The update that is offered, if one is. */
export function useAppUpdate(): AppUpdate {
  return useAppManifest().shell.update
}
