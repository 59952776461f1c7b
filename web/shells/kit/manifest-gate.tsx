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
  useContext,
} from 'solid-js'
import { createStore, reconcile } from 'solid-js/store'
import { useConnection } from '#web/sdk'
import { ErrorPanel, Loading } from '#web/ui'
import { type AppManifest, loadAppManifest } from './app-manifest.ts'

type LoadedManifest = {
  readonly manifest: AppManifest
  /** The server runs another build than this page was loaded from. */
  hasNewBuild(): boolean
}

const ManifestContext = createContext<LoadedManifest>()
const retryDelayMs = 5_000

/**
 * Loads the app's manifest before anything else is shown, and again whenever the connection comes back: plugins may
 * have come and gone meanwhile.
 */
export function ManifestGate(props: { readonly children: JSX.Element }): JSX.Element {
  const connection = useConnection()
  const [store, setStore] = createStore<{ manifest?: AppManifest }>({})
  const [words, setWords] = createSignal<string>()
  const [firstBuild, setFirstBuild] = createSignal<string>()
  let retryTimer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    clearTimeout(retryTimer)
    try {
      const manifest = await loadAppManifest()
      setFirstBuild((build) => build ?? manifest.build)
      setStore('manifest', reconcile(manifest, { key: 'id' }))
      setWords(undefined)
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
      retryTimer = setTimeout(() => void load(), retryDelayMs)
    }
  }

  onMount(() => void load())
  onCleanup(() => clearTimeout(retryTimer))
  createEffect(on(connection.state, (state) => state === 'online' && void load(), { defer: true }))

  return (
    <Switch fallback={<Loading label="Loading the app" />}>
      <Match when={store.manifest}>
        {(manifest) => (
          <ManifestContext.Provider
            value={{
              get manifest() {
                return manifest()
              },
              hasNewBuild: () => firstBuild() !== undefined && manifest().build !== firstBuild(),
            }}
          >
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
