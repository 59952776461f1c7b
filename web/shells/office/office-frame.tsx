import type { RouteSectionProps } from '@solidjs/router'
import Blocks from 'lucide-solid/icons/blocks'
import House from 'lucide-solid/icons/house'
import MonitorCog from 'lucide-solid/icons/monitor-cog'
import Send from 'lucide-solid/icons/send'
import { For, type JSX, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import {
  AppFrame,
  AppHeader,
  MaskedIcon,
  Moment,
  Sidebar,
  SidebarGroup,
  SidebarLink,
  StatusBar,
  ThemeSwitch,
  ToastRegion,
} from '#web/ui'
import { appTitle } from '../kit/app-title.ts'
import { ConnectionBanner, useConnectionLook } from '../kit/connection-status.tsx'
import { useDeviceStore } from '../kit/device/use-device-store.ts'
import { EffectBanner } from '../kit/effect-notices.tsx'
import { useAppManifest } from '../kit/manifest-gate.tsx'
import { isPathUnder, screenHref } from '../kit/paths.ts'
import { StatusChip } from '../kit/status-chip.tsx'
import { UpdateBanner } from '../kit/update-banner.tsx'
import { usePageName } from '../kit/use-page-name.ts'

export function OfficeFrame(props: RouteSectionProps): JSX.Element {
  const store = useDeviceStore()
  const title = usePageName({ '/': 'Home', '/device': 'This device', '/outbox': 'Outbox' })
  return (
    <AppFrame
      header={<OfficeHeader title={title()} />}
      banner={
        <>
          <ConnectionBanner isCalm={store.isDurable()} />
          <EffectBanner />
          <UpdateBanner />
        </>
      }
      sidebar={<OfficeSidebar path={props.location.pathname} />}
      footer={<OfficeStatusBar />}
    >
      {props.children}
      <ToastRegion />
    </AppFrame>
  )
}

function OfficeHeader(props: { readonly title: string }): JSX.Element {
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
      <StatusChip />
    </AppHeader>
  )
}

function OfficeSidebar(props: { readonly path: string }): JSX.Element {
  const app = useAppManifest()
  const links = () =>
    app.manifest.plugins.flatMap((plugin) =>
      plugin.home.map((link) => ({ plugin, title: link.title, href: screenHref(plugin.id, link.path) })),
    )
  return (
    <Sidebar label="Main">
      <SidebarGroup>
        <SidebarLink href="/" current={props.path === '/'} icon={<House aria-hidden="true" />}>
          Home
        </SidebarLink>
        <SidebarLink href="/outbox" current={isPathUnder(props.path, '/outbox')} icon={<Send aria-hidden="true" />}>
          Outbox
        </SidebarLink>
        <SidebarLink href="/device" current={props.path === '/device'} icon={<MonitorCog aria-hidden="true" />}>
          This device
        </SidebarLink>
      </SidebarGroup>
      <Show when={links().length > 0}>
        <SidebarGroup title="Plugins">
          <For each={links()}>
            {(link) => (
              <SidebarLink
                href={link.href}
                current={isPathUnder(props.path, link.href)}
                icon={
                  <Show when={link.plugin.iconUrl} fallback={<Blocks aria-hidden="true" />}>
                    {(url) => <MaskedIcon url={url()} class="size-4" />}
                  </Show>
                }
              >
                {link.title}
              </SidebarLink>
            )}
          </For>
        </SidebarGroup>
      </Show>
    </Sidebar>
  )
}

function OfficeStatusBar(): JSX.Element {
  const connection = useConnection()
  const look = useConnectionLook()
  const app = useAppManifest()
  return (
    <StatusBar>
      <span>
        {look().title} since <Moment at={connection.since()} />
      </span>
      <Show when={connection.principal()}>
        {(principal) => (
          <span class="truncate">
            {principal().user} on {principal().service}
          </span>
        )}
      </Show>
      <span class="ml-auto font-mono">{app.manifest.build}</span>
    </StatusBar>
  )
}
