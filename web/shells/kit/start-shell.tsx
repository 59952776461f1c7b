import { type Component, ErrorBoundary } from 'solid-js'
import { render } from 'solid-js/web'
import { ErrorPanel } from '#web/ui'

/** Puts an app into its page. What nothing else caught ends here, with a way to start again. */
export function startShell(Shell: Component): void {
  const root = document.getElementById('app')
  if (root === null) throw new Error('index.html has no element with the id "app"')
  render(
    () => (
      <ErrorBoundary
        fallback={(error: unknown) => (
          <ErrorPanel
            title="The app stopped"
            words="Starting it again usually helps. Nothing you sent is lost."
            detail={error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
            onRetry={() => window.location.reload()}
          />
        )}
      >
        <Shell />
      </ErrorBoundary>
    ),
    root,
  )
}
