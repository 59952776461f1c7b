import { type Component, createMemo, createSignal, ErrorBoundary, type JSX, lazy, Suspense } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { ErrorPanel, Loading, whenIdle } from '#web/ui'

/**
 * A page of the shell whose code is read after the first screen is there, when the browser is idle: so it is there without a
 * network too. Where it could not be read it is tried again when there is one, and only this page says so.
 */
export function lazyPage(title: string, load: () => Promise<Component>): Component {
  let loaded: Component | undefined
  const loadOnce = async (): Promise<Component> => {
    loaded ??= await load()
    return loaded
  }
  const loadAhead = (): void => {
    loadOnce().catch(() => window.addEventListener('online', loadAhead, { once: true }))
  }
  whenIdle(loadAhead)
  return (): JSX.Element => {
    const [attempt, setAttempt] = createSignal(0)
    const page = createMemo(() => {
      attempt()
      return loaded ?? lazy(async () => ({ default: await loadOnce() }))
    })
    return (
      <ErrorBoundary
        fallback={(error: unknown, reset) => (
          <ErrorPanel
            title={`${title} cannot be shown`}
            words="The rest of the app goes on, and nothing you did is lost. Without a network, try again when there is one."
            detail={error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
            onRetry={() => {
              setAttempt((count) => count + 1)
              reset()
            }}
          />
        )}
      >
        <Suspense fallback={<Loading label={`Loading: ${title}`} />}>
          <Dynamic component={page()} />
        </Suspense>
      </ErrorBoundary>
    )
  }
}
