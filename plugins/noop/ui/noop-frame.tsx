import { useLocation } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import { LinkTabs, Page, PageTitle } from '#web/ui'

const home = '/p/noop'
const tabs = [
  { href: home, title: 'Overview' },
  { href: `${home}/tuples`, title: 'Tuples' },
  { href: `${home}/actions`, title: 'Actions' },
  { href: `${home}/observations`, title: 'Observations' },
  { href: `${home}/calls`, title: 'Calls' },
  { href: `${home}/jobs`, title: 'Jobs' },
  { href: `${home}/queue`, title: 'Queue' },
  { href: `${home}/rest`, title: 'REST' },
  { href: `${home}/reactor`, title: 'Reactor' },
  { href: `${home}/migrations`, title: 'Migrations' },
  { href: `${home}/files`, title: 'Files' },
  { href: `${home}/settings`, title: 'Settings' },
  { href: `${home}/routes`, title: 'Routes' },
  { href: `${home}/unload`, title: 'Unloading' },
]

/** The admin app shows the screens of a plugin as tabs by itself. */
const hasOwnTabs = (): boolean => document.documentElement.dataset.app === 'admin'

/** The frame of every page of the plugin: what it is about, and the way to the others. */
export function NoopFrame(props: {
  readonly title: string
  readonly words: string
  readonly actions?: JSX.Element
  readonly children: JSX.Element
}): JSX.Element {
  const location = useLocation()
  return (
    <Page>
      <PageTitle title={props.title} words={props.words} actions={props.actions} />
      <Show when={!hasOwnTabs()}>
        <LinkTabs
          label="Pages of the checks"
          tabs={tabs.map((tab) => ({ ...tab, current: location.pathname.replace(/\/$/, '') === tab.href }))}
        />
      </Show>
      <div class="flex flex-col gap-5">{props.children}</div>
    </Page>
  )
}
