import type { RouteSectionProps } from '@solidjs/router'
import { createEffect, type JSX, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import { AppFrame, AppHeader, LinkTabs, StatusBar, ThemeSwitch, ToastRegion } from '#web/ui'
import { appTitle } from '../kit/app-title.ts'
import { ConnectionBanner, ConnectionLink, useConnectionLook } from '../kit/connection-status.tsx'
import { useAppManifest } from '../kit/manifest-gate.tsx'
import { isPathUnder, screenHref } from '../kit/paths.ts'
import { UpdateBanner } from '../kit/update-banner.tsx'
import { usePageName } from '../kit/use-page-name.ts'
import { AdminSidebar, adminPages } from './admin-sidebar.tsx'
import { useSession } from './session-gate.tsx'
import { UserMenu } from './user-menu.tsx'

export function AdminFrame(props: RouteSectionProps): JSX.Element {
  const title = usePageName(Object.fromEntries(adminPages.map((page) => [page.href, page.title])))
  reconnectWithSession()
  return (
    <AppFrame
      header={<AdminHeader title={title()} />}
      banner={
        <>
          <ConnectionBanner />
          <UpdateBanner />
        </>
      }
      sidebar={<AdminSidebar path={props.location.pathname} />}
      footer={<AdminStatusBar />}
    >
      <PluginTabs path={props.location.pathname} />
      {props.children}
      <ToastRegion />
    </AppFrame>
  )
}

const reconnectPauseMs = 10_000

/**
 * A refused connection usually means that the session it was opened with has ended. When there is a new one, signed in
 * in another tab, a new websocket is opened with it; a server that still refuses is not asked in a loop.
 */
function reconnectWithSession(): void {
  const session = useSession()
  const connection = useConnection()
  let triedAt = Number.NEGATIVE_INFINITY
  createEffect(() => {
    if (connection.state() !== 'refused') return
    void session.verify().then((isAsBefore) => {
      if (!isAsBefore || performance.now() - triedAt < reconnectPauseMs) return
      triedAt = performance.now()
      connection.retryNow()
    })
  })
}

function AdminHeader(props: { readonly title: string }): JSX.Element {
  const app = useAppManifest()
  return (
    <AppHeader>
      <p class="flex min-w-0 flex-1 items-baseline gap-2.5 truncate px-2 py-3 leading-6">
        <span class="font-semibold tracking-tight max-sm:hidden">{appTitle(app.manifest)}</span>
        <span class="truncate text-sm text-ink-muted">{props.title}</span>
      </p>
      <span class="max-sm:hidden">
        <ThemeSwitch />
      </span>
      <ConnectionLink />
      <UserMenu />
    </AppHeader>
  )
}

/** The screens of the plugin that is open, as tabs; the page below brings its own distance. */
function PluginTabs(props: { readonly path: string }): JSX.Element {
  const app = useAppManifest()
  const plugin = () => app.manifest.plugins.find(({ id }) => isPathUnder(props.path, `/p/${id}`))
  return (
    <Show when={plugin()}>
      {(open) => (
        <Show when={open().screens.length > 1}>
          <div class="mx-auto -mb-5 w-full max-w-7xl px-4 pt-5 sm:px-6 sm:pt-6">
            <LinkTabs
              label={open().title}
              tabs={open().screens.map((screen) => {
                const href = screenHref(open().id, screen.path)
                return { href, title: screen.title, current: props.path === href }
              })}
            />
          </div>
        </Show>
      )}
    </Show>
  )
}

function AdminStatusBar(): JSX.Element {
  const look = useConnectionLook()
  const app = useAppManifest()
  return (
    <StatusBar>
      <span class="truncate">{look().words}</span>
      <span class="ml-auto font-mono">{app.manifest.build}</span>
    </StatusBar>
  )
}
