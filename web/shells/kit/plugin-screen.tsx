import { type Component, createMemo, createSignal, ErrorBoundary, type JSX, lazy, Suspense } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { ErrorPanel, Loading } from '#web/ui'
import type { PluginEntry, ScreenEntry } from './app-manifest.ts'

/**
 * One screen of a plugin, loaded when it is first shown. What goes wrong in it stays in it: the shell and the other
 * plugins go on, and the panel names the plugin.
 */
export function PluginScreen(props: { readonly plugin: PluginEntry; readonly screen: ScreenEntry }): JSX.Element {
  const [attempt, setAttempt] = createSignal(0)
  const screen = createMemo(() => loadedScreen(props.screen, attempt()))
  return (
    <ErrorBoundary
      fallback={(error: unknown, reset) => (
        <>
          <h1 class="sr-only">{props.screen.title}</h1>
          <ErrorPanel
            title={`${props.plugin.title} ran into a problem`}
            words="This screen stopped. Everything else goes on, and nothing you sent is lost."
            detail={error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
            onRetry={() => {
              setAttempt((count) => count + 1)
              reset()
            }}
          />
        </>
      )}
    >
      <Suspense fallback={<Loading label={`Loading ${props.screen.title}`} />}>
        <div data-plugin={props.plugin.id} class="contents">
          <Dynamic component={screen()} />
        </div>
      </Suspense>
    </ErrorBoundary>
  )
}

type ScreenModule = { readonly Screen?: Component }

const loadedScreens = new Map<string, Component>()

/** One component a URL, so that coming back to a screen loads nothing. */
function loadedScreen(screen: ScreenEntry, attempt: number): Component {
  // A module that failed to load is remembered by the browser: another try needs another URL.
  const url = attempt === 0 ? screen.url : `${screen.url}?attempt=${attempt}`
  const known = loadedScreens.get(url)
  if (known !== undefined) return known
  const component = lazy(async () => ({ default: await loadScreen(url, screen) }))
  loadedScreens.set(url, component)
  return component
}

async function loadScreen(url: string, screen: ScreenEntry): Promise<Component> {
  await Promise.all((screen.css ?? []).map(loadStyleSheet))
  const module = (await import(/* @vite-ignore */ url)) as ScreenModule
  if (module.Screen === undefined) throw new Error(`The module of the screen "${screen.title}" exports no "Screen"`)
  return module.Screen
}

const loadedSheets = new Map<string, Promise<void>>()

function loadStyleSheet(url: string): Promise<void> {
  const known = loadedSheets.get(url)
  if (known !== undefined) return known
  const loading = new Promise<void>((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = url
    link.onload = () => resolve()
    link.onerror = () => {
      loadedSheets.delete(url)
      link.remove()
      reject(new Error(`The style sheet ${url} could not be loaded`))
    }
    document.head.append(link)
  })
  loadedSheets.set(url, loading)
  return loading
}
