import type { JSX } from 'solid-js'
import { Page } from '#web/ui'
import { HomeTiles } from '../kit/home-tiles.tsx'

export function FieldHome(): JSX.Element {
  return (
    <Page narrow>
      <h1 class="sr-only">Home</h1>
      <HomeTiles />
    </Page>
  )
}
