import ArrowLeftRight from 'lucide-solid/icons/arrow-left-right'
import Blocks from 'lucide-solid/icons/blocks'
import CalendarClock from 'lucide-solid/icons/calendar-clock'
import Database from 'lucide-solid/icons/database'
import HardDrive from 'lucide-solid/icons/hard-drive'
import House from 'lucide-solid/icons/house'
import KeyRound from 'lucide-solid/icons/key-round'
import ListChecks from 'lucide-solid/icons/list-checks'
import MonitorCog from 'lucide-solid/icons/monitor-cog'
import ScrollText from 'lucide-solid/icons/scroll-text'
import Server from 'lucide-solid/icons/server'
import Settings from 'lucide-solid/icons/settings'
import ShieldCheck from 'lucide-solid/icons/shield-check'
import TabletSmartphone from 'lucide-solid/icons/tablet-smartphone'
import Zap from 'lucide-solid/icons/zap'
import { For, type JSX, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { MaskedIcon, Sidebar, SidebarGroup, SidebarLink } from '#web/ui'
import { useAppManifest } from '../kit/manifest-gate.tsx'
import { isPathUnder, screenHref } from '../kit/paths.ts'

export const adminPages = [
  { href: '/', title: 'Home', words: 'What needs attention.', icon: House },
  { href: '/services', title: 'Services', words: 'The processes that run, and the devices they hold.', icon: Server },
  {
    href: '/devices',
    title: 'Devices',
    words: 'What is on every device, sent or not, and who asks for help.',
    icon: TabletSmartphone,
  },
  {
    href: '/calls',
    title: 'Calls',
    words: 'How parts of plugins call each other, and what failed.',
    icon: ArrowLeftRight,
  },
  { href: '/projections', title: 'Projections', words: 'How far the read models are.', icon: Database },
  { href: '/reactors', title: 'Reactors', words: 'What else happens because of events, and what failed.', icon: Zap },
  { href: '/jobs', title: 'Jobs', words: 'Background work: what waits, runs, and failed.', icon: ListChecks },
  {
    href: '/event-store',
    title: 'Event store',
    words: 'Size, rates, subscriptions, and what is parked.',
    icon: HardDrive,
  },
  { href: '/api-keys', title: 'API keys', words: 'For programs outside that ask plugins.', icon: KeyRound },
  { href: '/audit', title: 'Audit', words: 'What was recorded: who did what, and what came of it.', icon: ScrollText },
  {
    href: '/as-it-was',
    title: 'As it was',
    words: 'Screens and entities at any moment, and replays.',
    icon: CalendarClock,
  },
  { href: '/evidence', title: 'Tamper evidence', words: 'Proof that nobody altered the past.', icon: ShieldCheck },
  { href: '/settings', title: 'Settings', words: 'What is set for each plugin, and by whom.', icon: Settings },
  { href: '/device', title: 'This device', words: 'Connection and colours.', icon: MonitorCog },
] as const

export function AdminSidebar(props: { readonly path: string }): JSX.Element {
  return (
    <Sidebar label="Main">
      <SidebarGroup>
        <For each={adminPages}>
          {(page) => (
            <SidebarLink
              href={page.href}
              current={page.href === '/' ? props.path === '/' : isPathUnder(props.path, page.href)}
              icon={<Dynamic component={page.icon} aria-hidden="true" />}
            >
              {page.title}
            </SidebarLink>
          )}
        </For>
      </SidebarGroup>
      <PluginLinks path={props.path} />
    </Sidebar>
  )
}

function PluginLinks(props: { readonly path: string }): JSX.Element {
  const app = useAppManifest()
  const links = () =>
    app.manifest.plugins.flatMap((plugin) => {
      const first = plugin.home[0]?.path ?? plugin.screens[0]?.path
      return first === undefined ? [] : [{ plugin, href: screenHref(plugin.id, first) }]
    })
  return (
    <Show when={links().length > 0}>
      <SidebarGroup title="Plugins">
        <For each={links()}>
          {({ plugin, href }) => (
            <SidebarLink
              href={href}
              current={isPathUnder(props.path, `/p/${plugin.id}`)}
              icon={
                <Show when={plugin.iconUrl} fallback={<Blocks aria-hidden="true" />}>
                  {(url) => <MaskedIcon url={url()} class="size-4" />}
                </Show>
              }
            >
              {plugin.title}
            </SidebarLink>
          )}
        </For>
      </SidebarGroup>
    </Show>
  )
}
