import { useLocation } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { LinkTabs, Page, PageTitle } from '#web/ui'

const tabs = [
  { href: '/as-it-was', title: 'Screens' },
  { href: '/as-it-was/entity', title: 'One entity' },
  { href: '/as-it-was/replay', title: 'Replay' },
] as const

/** What the pages about the past share: their title, and the way from one to the other. */
export function PastFrame(props: { readonly words: string; readonly children: JSX.Element }): JSX.Element {
  const location = useLocation()
  return (
    <Page>
      <PageTitle title="As it was" words={props.words} />
      <LinkTabs label="As it was" tabs={tabs.map((tab) => ({ ...tab, current: location.pathname === tab.href }))} />
      {props.children}
    </Page>
  )
}
