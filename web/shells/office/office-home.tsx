import type { JSX } from 'solid-js'
import { Page, PageTitle } from '#web/ui'
import { HomeTiles } from '../kit/home-tiles.tsx'

export function OfficeHome(): JSX.Element {
  return (
    <Page>
      <PageTitle title="Home" words="Everything this desk can open." />
      <HomeTiles />
    </Page>
  )
}
