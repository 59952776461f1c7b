import type { JSX } from 'solid-js'
import { Page } from '#web/ui'
import { StringIntList } from '../string-int-list.tsx'

export function Screen(): JSX.Element {
  return (
    <Page narrow>
      <h1 class="sr-only">String ints</h1>
      <StringIntList />
    </Page>
  )
}
